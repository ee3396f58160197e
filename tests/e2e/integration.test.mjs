// SPDX-License-Identifier: Apache-2.0
// WebSocket endpoints whose messages are an operator's: the example backend as it ships, and one
// that does what good backends do not. The client is npm's ws.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'

import { root, sleep, startRoost, until } from './harness.mjs'
import { Client } from './socket.mjs'

const idForm = /^[A-Za-z0-9_-]{15}=$/

/** A backend of the test's own: `answer(event, path)` gives {status, body, headers}, or a promise of it. */
async function startBackend (t, answer) {
  const backend = { events: [] }
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', data => { text += data })
    request.on('end', async () => {
      const event = JSON.parse(text)
      backend.events.push(event)
      const { status = 200, body = '', headers = {}, hang } = await answer(event, request.url) ?? {}
      if (hang) return
      response.writeHead(status, headers).end(body)
    })
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => { server.closeAllConnections(); server.close() })
  backend.url = `http://127.0.0.1:${server.address().port}`
  backend.stop = () => new Promise(resolve => { server.close(resolve); server.closeAllConnections() })
  backend.of = type => backend.events.filter(event => event.requestContext.eventType === type)
  return backend
}

const route = (url, more = {}) => ({ url, within: '5s', ...more })

async function startWith (t, routes, more = {}) {
  const roost = await startRoost({ websocket: { endpoints: [{ path: '/dev', authorize: 'anyone', routes, ...more }] } })
  t.after(() => roost.stop())
  return roost
}

const address = (roost, rest = '/dev') => roost.url.replace('http', 'ws') + rest

async function opened (roost, rest, options) {
  const client = new Client(address(roost, rest), options)
  await until('the connection', () => {
    if (client.refused) throw Object.assign(new Error(`refused: ${client.refused.status} ${client.refused.text}`), { final: true })
    return client.ws.readyState === 1
  })
  return client
}

async function refused (roost, rest, options) {
  const client = new Client(address(roost, rest), options)
  return until('the refusal', () => client.refused)
}

const untilSaid = (client, count) => until(`${count} messages`, () => client.frames.length >= count && client.frames.map(one => one.data.toString()))

test('integrations: the example echoes, refuses, answers through /@connections, and hears who leaves', async t => {
  const child = spawn('python3', [join(root, 'examples/echo/backend.py'), '0'], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ROOST_TOKEN: 'later' } })
  let log = ''
  child.stdout.on('data', data => { log += data })
  t.after(() => child.kill())
  const port = Number(await until('the backend', () => /listening on 127\.0\.0\.1:(\d+)/.exec(log)?.[1]))
  const at = path => ({ url: `http://127.0.0.1:${port}${path}`, within: '5s' })
  const roost = await startRoost({
    websocket: {
      endpoints: [{
        path: '/echo',
        authorize: 'anyone',
        routes: { $connect: at('/connect'), $disconnect: at('/disconnect'), $default: { ...at('/echo'), answers: true }, later: at('/later') }
      }]
    }
  })
  t.after(() => roost.stop())

  const no = new Client(address(roost, '/echo'))
  await until('the refusal', () => no.refused)
  assert.equal(no.refused.status, 403)
  assert.match(no.refused.text, /Tell me who you are/)
  // Without somebody to look at the answer, ws says it itself.
  const { default: WebSocket } = await import('ws')
  const message = await new Promise(resolve => new WebSocket(address(roost, '/echo')).on('error', error => resolve(error.message)))
  assert.equal(message, 'Unexpected server response: 403')

  const client = await opened(roost, '/echo?name=anna')
  client.send('hello')
  client.send({ action: 'other', text: 'ünïcödé' })
  assert.deepEqual(await untilSaid(client, 2), ['You said: hello', 'You said: {"action":"other","text":"ünïcödé"}'])
  const id = await until('the id', () => /CONNECT (\S+) anna 200/.exec(log)?.[1])
  assert.match(id, idForm)

  // The token is not one: the backend cannot post, and says so. A real one can.
  client.send({ action: 'later' })
  await until('the failure', () => /not sent to .*(401|403)/.test(log))
  const token = await roost.token()
  const answer = await fetch(`${roost.url}/echo/@connections/${encodeURIComponent(id)}`, { method: 'POST', body: 'from behind', headers: { authorization: `Bearer ${token}` } })
  assert.equal(answer.status, 200)
  assert.equal((await untilSaid(client, 3))[2], 'from behind')

  await client.close()
  await until('the leaving', () => log.includes(`DISCONNECT ${id} - 200`))
})

test('integrations: the example answers through /@connections with a token of its own', async t => {
  let port = 0
  const holder = createServer()
  await new Promise(resolve => holder.listen(0, '127.0.0.1', resolve))
  port = holder.address().port
  await new Promise(resolve => holder.close(resolve))
  const at = path => ({ url: `http://127.0.0.1:${port}${path}`, within: '5s' })
  const roost = await startWith(t, { $connect: at('/connect'), later: at('/later') })
  const child = spawn('python3', [join(root, 'examples/echo/backend.py'), String(port)], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ROOST_TOKEN: await roost.token() } })
  let log = ''
  child.stdout.on('data', data => { log += data })
  t.after(() => child.kill())
  await until('the backend', () => log.includes('listening'))
  const client = await opened(roost, '/dev?name=ben')
  client.send({ action: 'later', n: 1 })
  assert.deepEqual(await untilSaid(client, 1), ['You said: {"action":"later","n":1}'])
  await client.close()
})

test('integrations: a handshake is held until $connect has answered, and the event is Lambda’s', async t => {
  let letIn
  const held = new Promise(resolve => { letIn = resolve })
  const backend = await startBackend(t, async event => {
    if (event.requestContext.eventType === 'CONNECT') await held
    return { headers: { 'Sec-WebSocket-Protocol': 'chat.v2' } }
  })
  const roost = await startWith(t, { $connect: route(backend.url), $default: route(backend.url) }, { stage: 'live', api_id: 'abc123' })
  const client = new Client(address(roost, '/dev?a=1&a=2&b=x%20y'), {
    protocols: ['chat.v1', 'chat.v2'],
    headers: { 'user-agent': 'tester/1', 'x-mark': 'one', cookie: 'roost_session=secret; own=1', authorization: 'Bearer roost_secret' }
  })
  await until('the event', () => backend.events.length === 1)
  await sleep(200)
  assert.equal(client.ws.readyState, 0, 'still connecting')
  const [event] = backend.events
  const context = event.requestContext
  // Before it is opened it is nobody's to post to.
  const early = await roost.api('POST', `/@connections/${encodeURIComponent(context.connectionId)}`, {})
  assert.equal(early.status, 410)
  letIn()
  await until('the opening', () => client.ws.readyState === 1)
  assert.equal(client.ws.protocol, 'chat.v2')

  assert.match(context.connectionId, idForm)
  assert.match(context.requestId, idForm)
  assert.match(context.requestTime, /^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/)
  assert.ok(Math.abs(context.requestTimeEpoch - Date.now()) < 60000)
  assert.deepEqual({ ...context, requestTime: 0, requestTimeEpoch: 0, connectedAt: 0, requestId: 0, connectionId: 0 }, {
    routeKey: '$connect',
    eventType: 'CONNECT',
    extendedRequestId: context.requestId,
    requestTime: 0,
    messageDirection: 'IN',
    stage: 'live',
    connectedAt: 0,
    requestTimeEpoch: 0,
    identity: { userAgent: 'tester/1', sourceIp: '127.0.0.1' },
    requestId: 0,
    domainName: `127.0.0.1:${roost.httpPort}`,
    connectionId: 0,
    apiId: 'abc123'
  })
  assert.equal(event.isBase64Encoded, false)
  assert.equal(event.body, undefined)
  assert.deepEqual(event.queryStringParameters, { a: '2', b: 'x y' })
  assert.deepEqual(event.multiValueQueryStringParameters, { a: ['1', '2'], b: ['x y'] })
  assert.equal(event.headers.Host, `127.0.0.1:${roost.httpPort}`)
  assert.equal(event.headers['X-Mark'], 'one')
  assert.equal(event.headers.Cookie, 'own=1')
  assert.equal(event.headers.Authorization, undefined)
  assert.equal(event.headers['Sec-WebSocket-Version'], '13')
  assert.equal(event.headers['X-Forwarded-For'], '127.0.0.1')
  assert.deepEqual(event.multiValueHeaders['X-Mark'], ['one'])
  assert.ok(!JSON.stringify(event).includes('secret'))

  client.send('{"action":1}')
  const said = await until('the message', () => backend.of('MESSAGE')[0])
  assert.deepEqual(Object.keys(said).sort(), ['body', 'isBase64Encoded', 'requestContext'])
  assert.match(said.requestContext.messageId, idForm)
  assert.equal(said.requestContext.connectedAt, context.connectedAt)
  assert.equal(said.requestContext.connectionId, context.connectionId)
  assert.equal(said.requestContext.routeKey, '$default')
  await client.close()
})

test('integrations: $connect refuses with its own status, and 502 when it does not answer', async t => {
  const backend = await startBackend(t, (event, path) => ({
    '/401': { status: 401, body: '{"why":"no"}', headers: { 'content-type': 'application/json' } },
    '/lambda': { body: JSON.stringify({ statusCode: 418, body: 'teapot' }), headers: { 'content-type': 'application/json' } },
    '/malformed': { body: JSON.stringify({ statusCode: 'x' }), headers: { 'content-type': 'application/json' } },
    '/426': { status: 426 },
    '/hang': { hang: true }
  })[path])
  const at = (path, url, within = '5s') => ({ path, authorize: 'anyone', routes: { $connect: { url, within } } })
  const roost = await startRoost({
    websocket: {
      endpoints: [at('/401', backend.url + '/401'), at('/lambda', backend.url + '/lambda'), at('/malformed', backend.url + '/malformed'),
        at('/426', backend.url + '/426'), at('/hang', backend.url + '/hang', '200ms'), at('/nobody', 'http://127.0.0.1:1/'),
        { path: '/own' }]
    }
  })
  t.after(() => roost.stop())
  const first = await refused(roost, '/401')
  assert.equal(first.status, 401)
  assert.equal(first.text, '{"why":"no"}')
  assert.match(first.headers['content-type'], /^application\/json/)
  const lambda = await refused(roost, '/lambda')
  assert.deepEqual([lambda.status, lambda.text], [418, 'teapot'])
  for (const path of ['/malformed', '/hang', '/nobody']) assert.equal((await refused(roost, path)).status, 502, path)
  assert.equal((await refused(roost, '/426')).status, 426)
  assert.equal((await fetch(roost.url + '/401')).status, 426, 'no handshake at all')
  assert.equal((await fetch(roost.url + '/401', { method: 'POST' })).status, 405)

  // Without routes it is roost's own protocol, at another path, and asks for a user.
  assert.equal((await refused(roost, '/own')).status, 401)
  const own = await new Client(address(roost, '/own'), { headers: { authorization: `Bearer ${await roost.token()}` } }).ready()
  assert.equal(own.welcome.role, 'admin')
  await own.close()
})

test('integrations: keys choose routes, errors have API Gateway’s texts, all of it in order', async t => {
  const backend = await startBackend(t, async (event, path) => {
    if (path === '/slow') await sleep(Math.random() * 30)
    if (path === '/fails') return { status: 500, body: 'trace' }
    if (path === '/lambda') return { body: JSON.stringify({ statusCode: 200, body: 'unwrapped' }), headers: { 'content-type': 'application/json' } }
    return { body: `${event.requestContext.routeKey}: ${event.body}` }
  })
  const roost = await startWith(t, {
    'chat/join': route(backend.url, { answers: true }),
    'chat/slow': route(backend.url + '/slow', { answers: true }),
    'chat/fails': route(backend.url + '/fails'),
    'chat/lambda': route(backend.url + '/lambda', { answers: true }),
    'chat/dead': route('http://127.0.0.1:1/'),
    'chat/mute': route(backend.url)
  }, { route_selection_expression: '${request.body.service}/${request.body.action}' })
  const client = await opened(roost)
  const say = (action, n) => client.send({ service: 'chat', action, n })

  for (let n = 0; n < 30; n++) say('slow', n)
  const said = await untilSaid(client, 30)
  said.forEach((text, n) => assert.equal(text, `chat/slow: {"service":"chat","action":"slow","n":${n}}`))

  say('mute'); say('lambda'); say('unknown'); client.send('no JSON'); say('fails'); say('dead'); say('join')
  const rest = (await untilSaid(client, 36)).slice(30)
  assert.equal(rest[0], 'unwrapped')
  const id = backend.events[0].requestContext.connectionId
  const texts = ['Forbidden', 'Forbidden', 'Internal server error', 'Internal server error']
  texts.forEach((message, index) => {
    const frame = JSON.parse(rest[index + 1])
    assert.deepEqual(Object.keys(frame), ['message', 'connectionId', 'requestId'])
    assert.equal(frame.message, message)
    assert.equal(frame.connectionId, id)
    assert.match(frame.requestId, idForm)
  })
  assert.equal(rest[5], 'chat/join: {"service":"chat","action":"join"}')
  client.ws.send(Buffer.from([1, 2, 3]))
  assert.equal((await client.untilClosed()).code, 1003)
})

test('integrations: $disconnect comes after all that was said, with code and reason', async t => {
  const backend = await startBackend(t, async () => { await sleep(20) })
  const roost = await startWith(t, { $disconnect: route(backend.url), $default: route(backend.url) })
  const client = await opened(roost)
  for (let n = 0; n < 5; n++) client.send(`m${n}`)
  client.ws.close(3333, 'had enough')
  await until('the leaving', () => backend.of('DISCONNECT').length === 1)
  assert.deepEqual(backend.of('MESSAGE').map(event => event.body), ['m0', 'm1', 'm2', 'm3', 'm4'])
  const [event] = backend.of('DISCONNECT')
  assert.equal(event.requestContext.disconnectStatusCode, 3333)
  assert.equal(event.requestContext.disconnectReason, 'had enough')
  assert.deepEqual(event.headers, { Host: `127.0.0.1:${roost.httpPort}`, 'x-api-key': '', 'X-Forwarded-For': '127.0.0.1', 'x-restapi': '' })
  assert.equal(backend.events.at(-1), event)

  const cut = await opened(roost)
  cut.send('x')
  await until('the message', () => backend.of('MESSAGE').length === 6)
  cut.ws.terminate()
  await until('its leaving', () => backend.of('DISCONNECT').length === 2)
  assert.equal(backend.of('DISCONNECT')[1].requestContext.disconnectStatusCode, 1006)

  // Ended through /@connections, as AWS has it.
  const ended = await opened(roost)
  ended.send('y')
  await until('the message', () => backend.of('MESSAGE').length === 7)
  const { status } = await roost.api('DELETE', `/@connections/${encodeURIComponent(backend.of('MESSAGE')[6].requestContext.connectionId)}`)
  assert.equal(status, 204)
  await until('its leaving', () => backend.of('DISCONNECT').length === 3)
  assert.equal(backend.of('DISCONNECT')[2].requestContext.disconnectStatusCode, 1000)
  assert.equal(backend.of('DISCONNECT')[2].requestContext.disconnectReason, 'Connection Closed Normally')
})

test('integrations: a backend that is restarted costs its clients nothing', async t => {
  const first = await startBackend(t, event => ({ body: `first: ${event.body}` }))
  const port = Number(new URL(first.url).port)
  const roost = await startWith(t, { $default: route(first.url, { answers: true }) })
  const client = await opened(roost)
  client.send('a')
  await untilSaid(client, 1)
  await first.stop()
  client.send('b')
  const frame = JSON.parse((await untilSaid(client, 2))[1])
  assert.equal(frame.message, 'Internal server error')
  const second = createServer((request, response) => { request.resume(); request.on('end', () => response.end('second')) })
  await new Promise(resolve => second.listen(port, '127.0.0.1', resolve))
  t.after(() => { second.closeAllConnections(); second.close() })
  client.send('c')
  assert.equal((await untilSaid(client, 3))[2], 'second')
  assert.equal(client.closed, undefined)
})

test('integrations: with authorize: user only users come as far as $connect, which is told who', async t => {
  const backend = await startBackend(t, () => {})
  const roost = await startWith(t, { $connect: route(backend.url) }, { authorize: 'user' })
  assert.equal((await refused(roost)).status, 401)
  assert.equal(backend.events.length, 0)
  const client = await opened(roost, '/dev', { headers: { authorization: `Bearer ${await roost.token()}` } })
  assert.equal(backend.events[0].requestContext.authorizer.role, 'admin')
  assert.ok(backend.events[0].requestContext.authorizer.principalId)
  await client.close()
})
