// SPDX-License-Identifier: Apache-2.0
// The management API of connections, asked by AWS's own clients as they come:
// boto3, the AWS command line, and the SDK for JavaScript v3.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  ApiGatewayManagementApiClient, DeleteConnectionCommand, ForbiddenException, GetConnectionCommand, GoneException,
  LimitExceededException, PayloadTooLargeException, PostToConnectionCommand
} from '@aws-sdk/client-apigatewaymanagementapi'

import { here, startRoost, practice, freePort, until, sleep } from './harness.mjs'
import { Client, connect } from './socket.mjs'

const gone = 'VFoyGcaIjoECIjw=' // well-formed, and nobody's
const limit = 131072
const region = 'eu-west-3'

const noCommandLine = !existsSync('/usr/bin/aws') && 'there is no AWS command line here'

let roost, pair, directory

function run (command, args, { input = '', environment = {} } = {}) {
  return new Promise(resolve => {
    const child = spawn(command, args, { cwd: here, env: { ...process.env, ...environment } })
    let stdout = ''; let stderr = ''
    child.stdout.on('data', data => { stdout += data })
    child.stderr.on('data', data => { stderr += data })
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    child.once('close', code => resolve({ code, stdout, stderr }))
  })
}

async function python (order) {
  const whole = { endpoint: roost.url, region, ...pair, ...order }
  const result = await run('/usr/bin/python3', [join(here, 'connections.py')], { input: JSON.stringify(whole) })
  assert.equal(result.code, 0, result.stderr)
  return JSON.parse(result.stdout)
}

const boto = async (calls, order = {}) => python({ calls, ...order })

/** The AWS command line: its exit status and what it prints. */
function aws (args, endpoint = roost.url) {
  return run('/usr/bin/aws', ['apigatewaymanagementapi', ...args, '--endpoint-url', endpoint, '--region', region], {
    environment: {
      AWS_ACCESS_KEY_ID: pair.key,
      AWS_SECRET_ACCESS_KEY: pair.secret,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: join(directory, 'none'),
      AWS_PAGER: ''
    }
  })
}

function sdk (options = {}) {
  return new ApiGatewayManagementApiClient({
    endpoint: roost.url, region, credentials: { accessKeyId: pair.key, secretAccessKey: pair.secret }, ...options
  })
}

/** A key pair by the command line, as a person makes it. */
async function makeKey (args = []) {
  const made = await roost.cli(['token', 'create', 'sdk', '--sigv4', ...args])
  assert.equal(made.code, 0, made.stderr)
  const [, key, secret] = made.stdout.match(/^AWS_ACCESS_KEY_ID=(\w{20})\nAWS_SECRET_ACCESS_KEY=([\w-]{43})\n$/)
  return { key, secret }
}

async function typed (answer) {
  const text = await answer.text()
  return { status: answer.status, type: answer.headers.get('x-amzn-errortype'), body: text === '' ? '' : JSON.parse(text) }
}

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'roost-e2e-'))
  const demo = practice('demo', await freePort(), { boot: '0s' })
  roost = await startRoost({ servers: [demo] })
  pair = await makeKey()
})

after(async () => {
  await roost?.stop()
  rmSync(directory, { recursive: true, force: true })
})

test('boto3: a connection that is gone is GoneException, whatever is asked of it', async () => {
  for (const result of await boto(['post', 'get', 'delete'].map(op => ({ op, id: gone, size: 5 })))) {
    assert.equal(result.status, 410)
    assert.equal(result.class, 'GoneException')
    assert.equal(result.retries, 0)
    assert.match(result.message, /gone/)
  }
})

test('boto3: an id that is none is 400, whatever stands in it', async () => {
  const ids = ['nonsense', 'a=b', 'ä€', 'a b', 'a+b', 'a@b', 'x'.repeat(300), 'a/b', '@connections', 'a%3D']
  for (const [i, result] of (await boto(ids.map(id => ({ op: 'post', id, size: 5 })))).entries()) {
    assert.equal(result.status, 400, ids[i] + JSON.stringify(result))
    assert.equal(result.code, 'BadRequestException', ids[i])
    assert.equal(result.retries, 0)
  }
})

test('boto3: a message that is too large is PayloadTooLargeException, by a byte and by far', async () => {
  const sizes = [limit, limit + 1, 1048576, 1048577, 2500000]
  const results = await boto(sizes.map(size => ({ op: 'post', id: gone, size })))
  assert.equal(results[0].code, 'GoneException')
  for (const [i, result] of results.slice(1).entries()) {
    assert.equal(result.status, 413, `${sizes[i + 1]} ${JSON.stringify(result)}`)
    assert.equal(result.class, 'PayloadTooLargeException')
    assert.equal(result.retries, 0)
  }
})

test('boto3: a signature that is not right is 403 and not tried again', async () => {
  const get = [{ op: 'get', id: gone }]
  const rows = [
    [{ secret: 'x'.repeat(43) }, 'InvalidSignatureException', /does not match/],
    [{ key: 'RKEYAAAAAAAAAAAAAAAA' }, 'UnrecognizedClientException', /not known/],
    [{ offset: 400 }, 'InvalidSignatureException', /not yet current/],
    [{ offset: -400 }, 'InvalidSignatureException', /expired/],
    [{ offset: -100000 }, 'InvalidSignatureException', /expired/],
    [{ endpoint: roost.url + '/prod' }, 'ForbiddenException', /no WebSocket endpoint/]
  ]
  for (const [order, code, message] of rows) {
    const [result] = await boto(get, order)
    assert.deepEqual([result.status, result.code, result.retries], [403, code, 0], JSON.stringify(result))
    assert.match(result.message, message)
  }
  for (const offset of [-240, 240]) assert.equal((await boto(get, { offset }))[0].status, 410)
})

test('boto3: whose role is too little is ForbiddenException', async () => {
  const [result] = await boto([{ op: 'post', id: gone, size: 5 }], await makeKey(['--role', 'player']))
  assert.deepEqual([result.status, result.class], [403, 'ForbiddenException'])
})

test('the AWS command line knows the errors by name', { skip: noCommandLine }, async () => {
  const file = join(directory, 'large')
  writeFileSync(file, Buffer.alloc(limit + 1, 'x'))
  const rows = [
    [['post-to-connection', '--connection-id', gone, '--data', 'fileb:///etc/hostname'], /GoneException/],
    [['get-connection', '--connection-id', gone], /GoneException/],
    [['delete-connection', '--connection-id', gone], /GoneException/],
    [['get-connection', '--connection-id', 'nonsense'], /BadRequestException/],
    [['post-to-connection', '--connection-id', gone, '--data', `fileb://${file}`], /PayloadTooLargeException/]
  ]
  for (const [args, expected] of rows) {
    const result = await aws(args)
    assert.notEqual(result.code, 0)
    assert.match(result.stderr, expected)
  }
})

test('the SDK for JavaScript throws its own classes', async () => {
  const client = sdk()
  for (const command of [new PostToConnectionCommand({ ConnectionId: gone, Data: 'hello' }), new GetConnectionCommand({ ConnectionId: gone }), new DeleteConnectionCommand({ ConnectionId: gone })]) {
    await assert.rejects(client.send(command), error => error instanceof GoneException && error.$metadata.httpStatusCode === 410 && error.$metadata.attempts === 1)
  }
  for (const size of [limit + 1, 1048577]) {
    await assert.rejects(client.send(new PostToConnectionCommand({ ConnectionId: gone, Data: Buffer.alloc(size) })), error => error instanceof PayloadTooLargeException)
  }
  await assert.rejects(client.send(new GetConnectionCommand({ ConnectionId: 'nonsense' })), error => error.name === 'BadRequestException')
  await assert.rejects(sdk({ endpoint: roost.url + '/prod' }).send(new GetConnectionCommand({ ConnectionId: gone })), error => error instanceof ForbiddenException)
  await assert.rejects(sdk({ credentials: { accessKeyId: pair.key, secretAccessKey: 'wrong' } }).send(new GetConnectionCommand({ ConnectionId: gone })), error => error.name === 'InvalidSignatureException')
})

test('the SDK for JavaScript sets its clock by ours and goes on', async () => {
  const client = sdk({ systemClockOffset: -3600000 })
  await assert.rejects(client.send(new GetConnectionCommand({ ConnectionId: gone })), error => error instanceof GoneException && error.$metadata.attempts === 2)
  await assert.rejects(client.send(new GetConnectionCommand({ ConnectionId: gone })), error => error instanceof GoneException && error.$metadata.attempts === 1)
})

test('too many requests of one caller are LimitExceededException, which SDKs try again by themselves', async t => {
  const slow = await startRoost({ connections: { limits: { per_second: 0.01, burst: 2 } } })
  const [before, beforePair] = [roost, pair]
  t.after(async () => { [roost, pair] = [before, beforePair]; await slow.stop() })
  roost = slow
  pair = await makeKey()
  const results = await boto(Array(3).fill({ op: 'get', id: gone }), { mode: 'standard' })
  assert.deepEqual(results.map(r => r.status), [410, 410, 429])
  assert.equal(results[2].class, 'LimitExceededException')
  assert.equal(results[2].retries, 2)
  await assert.rejects(sdk({ maxAttempts: 2 }).send(new GetConnectionCommand({ ConnectionId: gone })), error => error instanceof LimitExceededException && error.$metadata.attempts === 2)
  pair = await makeKey() // another caller has its own
  assert.equal((await boto([{ op: 'get', id: gone }]))[0].status, 410)
})

test('behind the path of an endpoint, as behind a stage', async t => {
  const staged = await startRoost({ websocket: { endpoints: [{ path: '/dev' }, { path: '/games/live' }] }, sigv4: { region } })
  const [before, beforePair] = [roost, pair]
  t.after(async () => { [roost, pair] = [before, beforePair]; await staged.stop() })
  roost = staged
  pair = await makeKey()
  for (const stage of ['', '/', '/dev', '/dev/', '/games/live']) {
    assert.equal((await boto([{ op: 'post', id: gone, size: 5 }], { endpoint: roost.url + stage }))[0].class, 'GoneException', stage)
    await assert.rejects(sdk({ endpoint: roost.url + stage }).send(new GetConnectionCommand({ ConnectionId: gone })), error => error instanceof GoneException, stage)
  }
  if (!noCommandLine) assert.match((await aws(['get-connection', '--connection-id', gone], roost.url + '/dev')).stderr, /GoneException/)
  assert.equal((await boto([{ op: 'get', id: gone }], { endpoint: roost.url + '/games' }))[0].class, 'ForbiddenException')
  assert.equal((await boto([{ op: 'get', id: gone }], { region: 'us-east-1' }))[0].code, 'InvalidSignatureException')
})

test('with a token and fetch: every spelling of the path, and errors that say what to do', async () => {
  const authorization = `Bearer ${await roost.token()}`
  const ask = async (path, options = {}) => typed(await fetch(roost.url + path, { method: 'POST', body: 'hello', headers: { authorization }, ...options }))
  for (const path of ['/@connections/VFoyGcaIjoECIjw%3D', '/@connections/VFoyGcaIjoECIjw%3d', '/@connections/VFoyGcaIjoECIjw=', '/%40connections/VFoyGcaIjoECIjw=', '/@connections/VFoyGcaIjoECIjw=?a=b']) {
    const answer = await ask(path)
    assert.deepEqual([answer.status, answer.type], [410, 'GoneException'], path)
    assert.deepEqual(Object.keys(answer.body), ['message'])
  }
  for (const path of ['/@connections/', '/@connections', '/@connections/a%2Fb', '/@connections/a%00b', '/%40connections/%ff', '/@connections/a/b']) {
    const answer = await ask(path)
    assert.deepEqual([answer.status, answer.type], [400, 'BadRequestException'], path)
  }
  const nobody = await ask('/@connections/' + gone, { headers: {} })
  assert.deepEqual([nobody.status, nobody.type], [403, 'MissingAuthenticationTokenException'])
  assert.match(nobody.body.message, /roost token create/)
  const revoked = await ask('/@connections/' + gone, { headers: { authorization: 'Bearer roost_x' } })
  assert.deepEqual([revoked.status, revoked.type], [403, 'MissingAuthenticationTokenException'])
  const put = await ask('/@connections/' + gone, { method: 'PUT' })
  assert.equal(put.status, 405)
  // A token is no cookie: it is taken from wherever it comes.
  const foreign = await ask('/@connections/' + gone, { headers: { authorization, origin: 'https://elsewhere.example', 'sec-fetch-site': 'cross-site' } })
  assert.equal(foreign.status, 410)
  const session = await roost.signIn()
  const cookie = await ask('/@connections/' + gone, { headers: { cookie: session.cookie, 'x-csrf-token': session.csrf, origin: 'https://elsewhere.example' } })
  assert.deepEqual([cookie.status, cookie.type], [403, 'ForbiddenException'])
  const patch = await ask('/@connections/' + gone, { method: 'PATCH' })
  assert.deepEqual([patch.status, patch.type], [405, 'MethodNotAllowedException'])
})

test('a signature opens every route, in the header and in the query', async () => {
  const ask = async (what, options = {}) => {
    const signed = await python({ sign: what })
    const answer = await fetch(signed.url, { method: what.method, headers: { ...signed.headers, ...options.headers }, body: options.body ?? what.body })
    return { status: answer.status, body: await answer.json().catch(() => null) }
  }
  const me = await ask({ method: 'GET', url: roost.url + '/v1/me' })
  assert.deepEqual([me.status, me.body.user, me.body.by], [200, 'admin', 'key'])
  const events = await ask({ method: 'GET', url: roost.url + '/v1/events?type=server.declared&limit=2&order=asc' })
  assert.equal(events.status, 200)
  const presigned = await ask({ method: 'GET', url: roost.url + '/v1/events?limit=1', presign: 60 })
  assert.equal(presigned.status, 200)
  const headers = { 'content-type': 'application/json' }
  const wish = { method: 'POST', url: roost.url + '/v1/servers/demo/wake', body: '{"connection_id":"a"}' }
  assert.equal((await ask(wish, { headers })).status, 202)
  const changed = await ask(wish, { headers, body: '{"connection_id":"b"}' })
  assert.deepEqual([changed.status, changed.body.type], [403, 'urn:roost:problem:signature'])
})

test('key pairs are listed by their kind and revoked by their id', async () => {
  const { key, secret } = await makeKey(['--expires', '90d'])
  const list = await roost.cli(['token', 'ls'])
  assert.match(list.stdout, new RegExp(`${key} +sigv4 +sdk`))
  assert.doesNotMatch(list.stdout + roost.text(), new RegExp(secret))
  assert.equal((await boto([{ op: 'get', id: gone }], { key, secret }))[0].status, 410)
  assert.equal((await roost.cli(['token', 'revoke', key])).code, 0)
  assert.deepEqual((await boto([{ op: 'get', id: gone }], { key, secret })).map(r => [r.status, r.code]), [[403, 'UnrecognizedClientException']])
})

test('boto3: a message reaches the one it is for, in order, as text or as the bytes it is', async t => {
  const [one, other] = [await connect(roost), await connect(roost)]
  t.after(() => Promise.all([one.close(), other.close()]))
  assert.match(one.id, /^[\w-]{15}=$/)
  const before = one.frames.length
  const texts = Array.from({ length: 30 }, (_, i) => `You said: ${i} é`)
  const calls = texts.map(text => ({ op: 'post', id: one.id, data: Buffer.from(text).toString('base64') }))
  calls.push({ op: 'post', id: one.id, data: Buffer.from([0xff, 0xfe, 0]).toString('base64') })
  calls.push({ op: 'post', id: one.id, size: 0 }, { op: 'post', id: one.id, size: limit })
  for (const result of await boto(calls)) assert.deepEqual(result, { status: 200, retries: 0, answer: {} })
  await until('all frames', () => one.frames.length === before + calls.length)
  const got = one.frames.slice(before)
  assert.deepEqual(got.slice(0, 30).map(f => f.data.toString()), texts)
  assert.ok(got.slice(0, 30).every(f => !f.isBinary))
  assert.deepEqual([...got[30].data], [0xff, 0xfe, 0])
  assert.ok(got[30].isBinary)
  assert.deepEqual([got[31].data.length, got[32].data.length], [0, limit])
  assert.equal(other.frames.length, 1) // its welcome
})

test('boto3: who is at the other end, and how it ends', async () => {
  const client = await connect(roost, { headers: { 'user-agent': 'a client of ours' } })
  const [found, ended, again] = await boto(['get', 'delete', 'get'].map(op => ({ op, id: client.id })))
  assert.equal(found.status, 200)
  assert.deepEqual(found.answer.Identity, { SourceIp: '127.0.0.1', UserAgent: 'a client of ours' })
  for (const when of [found.answer.ConnectedAt, found.answer.LastActiveAt]) assert.ok(Math.abs(Date.parse(when) - Date.now()) < 60000, when)
  assert.deepEqual([ended.status, ended.retries], [204, 0])
  assert.deepEqual([again.status, again.class], [410, 'GoneException'])
  assert.deepEqual(await client.untilClosed(), { code: 1000, reason: 'Connection Closed Normally' })
})

test('the AWS command line does the same', { skip: noCommandLine }, async t => {
  const client = await connect(roost)
  const file = join(directory, 'message')
  writeFileSync(file, 'from the command line')
  const posted = await aws(['post-to-connection', '--connection-id', client.id, '--data', `fileb://${file}`])
  assert.equal(posted.code, 0, posted.stderr)
  await until('the message', () => client.frames.length === 2)
  assert.equal(client.frames[1].data.toString(), 'from the command line')
  const got = await aws(['get-connection', '--connection-id', client.id])
  assert.equal(got.code, 0, got.stderr)
  assert.equal(JSON.parse(got.stdout).Identity.SourceIp, '127.0.0.1')
  assert.equal((await aws(['delete-connection', '--connection-id', client.id])).code, 0)
  assert.equal((await client.untilClosed()).code, 1000)
})

test('the SDK for JavaScript does the same', async t => {
  const client = await connect(roost)
  const api = sdk()
  t.after(() => api.destroy())
  assert.equal((await api.send(new PostToConnectionCommand({ ConnectionId: client.id, Data: 'from JavaScript' }))).$metadata.httpStatusCode, 200)
  const found = await api.send(new GetConnectionCommand({ ConnectionId: client.id }))
  assert.ok(found.ConnectedAt instanceof Date && found.LastActiveAt instanceof Date)
  assert.equal(found.Identity.SourceIp, '127.0.0.1')
  await until('the message', () => client.frames.length === 2)
  assert.equal(client.frames[1].data.toString(), 'from JavaScript')
  assert.equal((await api.send(new DeleteConnectionCommand({ ConnectionId: client.id }))).$metadata.httpStatusCode, 204)
  assert.equal((await client.untilClosed()).code, 1000)
  await assert.rejects(api.send(new GetConnectionCommand({ ConnectionId: client.id })), error => error instanceof GoneException)
})

test('a client that does not read is LimitExceededException to its poster, and nobody else waits', async t => {
  const [slow, quick] = [await connect(roost), await connect(roost)]
  t.after(async () => { slow.ws.terminate(); await quick.close() })
  slow.ws._socket.pause()
  const authorization = `Bearer ${await roost.token()}`
  const post = async id => typed(await fetch(`${roost.url}/@connections/${encodeURIComponent(id)}`, { method: 'POST', body: Buffer.alloc(100000, 'x'), headers: { authorization } }))
  let answer
  for (let i = 0; i < 200 && answer?.status !== 429; i++) answer = await post(slow.id)
  assert.deepEqual([answer.status, answer.type], [429, 'LimitExceededException'])
  assert.match(answer.body.message, /buffer is full/)
  assert.equal((await post(quick.id)).status, 200)
  slow.ws._socket.resume() // it reads again: then there is room again
  await until('room for another message', async () => (await post(slow.id)).status === 200)
})

test('a WebSocket may be opened with a signature, in the header or in the query, and ends with its key', async t => {
  const { key, secret } = await makeKey(['--role', 'player'])
  const url = `${roost.url}/v1/ws`
  const open = async (presign, change = x => x) => {
    const signed = await python({ key, secret, sign: { method: 'GET', url, presign } })
    return new Client(change(signed.url).replace('http', 'ws'), { headers: signed.headers })
  }
  const header = await (await open()).ready()
  const query = await (await open(300)).ready()
  for (const client of [header, query]) {
    assert.deepEqual([client.welcome.user, client.welcome.role], ['admin', 'player'])
    assert.equal((await client.ask('whoami')).ok, true)
  }
  const forged = await open(300, url => url.replace(/.$/, digit => digit === '0' ? '1' : '0'))
  t.after(() => forged.ws.terminate())
  await until('a refusal', () => forged.refused)
  assert.equal(forged.refused.status, 403)
  assert.equal((await roost.cli(['token', 'revoke', key])).code, 0)
  for (const client of [header, query]) {
    await until('the end of the connection', async () => {
      if (!client.closed) client.send({ action: 'whoami', id: 'x' })
      await sleep(50)
      return client.closed
    })
    assert.equal(client.closed.code, 3005)
  }
})
