// SPDX-License-Identifier: Apache-2.0
// Webhooks, as somebody who writes a receiver gets them: a real HTTP server, the
// signature checked by two libraries that are not ours (standardwebhooks, svix).

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { Webhook as SvixWebhook } from 'svix'

import { startRoost, practice, freePort, until, sleep, answers, here, root } from './harness.mjs'

const open = { outbound: { allow: ['127.0.0.0/8'] } }
const quick = { ...open, webhooks: { schedule: ['300ms', '300ms'], timeout: '2s' } }

/** A receiver. `judge(message)` gives the status (0: no answer at all); what was answered 2xx is in `taken`. */
async function receiver (t, judge = () => 204) {
  const self = { got: [], taken: [], judge }
  const server = createServer(async (request, response) => {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString()
    const body = JSON.parse(text)
    const message = { headers: request.headers, text, body, id: request.headers['webhook-id'], type: body.type, about: body.data.subject, event: body.data, path: request.url }
    self.got.push(message)
    const status = await self.judge(message)
    if (status === 0) return
    if (status < 300) self.taken.push(message)
    response.writeHead(status, message.answerHeaders ?? {}).end()
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  self.url = `http://127.0.0.1:${server.address().port}`
  t.after(() => { server.closeAllConnections(); server.close() })
  return self
}

async function add (roost, url, filter = {}) {
  const { status, body } = await roost.api('POST', '/v1/webhooks', { url, ...filter })
  assert.equal(status, 201, JSON.stringify(body))
  assert.match(body.secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
  return body
}

const webhook = async (roost, id) => (await roost.api('GET', `/v1/webhooks/${id}`)).body

/** Something that happens to a server: its declaration changes. */
let change = 0
async function touch (roost, name) {
  const port = await freePort()
  const { status, body } = await roost.api('PUT', `/v1/servers/${name}`, {
    game: 'tcp', provider: 'local', local: { command: ['true', String(++change)], directory: '.' }, address: `127.0.0.1:${port}`, listen: [`127.0.0.1:${await freePort()}`]
  })
  assert.ok(status < 300, JSON.stringify(body))
}

/** What was taken for the first time is in the record's order, for each server, and is all of it. */
function assertInOrder (receiver, events) {
  const first = new Map()
  for (const message of receiver.taken) if (!first.has(message.id)) first.set(message.id, message)
  const seen = [...first.values()]
  for (const about of new Set(events.map(event => event.subject))) {
    assert.deepEqual(seen.filter(m => m.about === about).map(m => m.event.id), events.filter(e => e.subject === about).map(e => e.id), `about ${about}`)
  }
  const bodies = new Map()
  for (const { id, text } of receiver.got) {
    assert.equal(bodies.get(id) ?? text, text, 'one webhook-id, one body')
    bodies.set(id, text)
  }
}

test('what happens to a server is told in order, signed as two other libraries want it', async t => {
  const port = await freePort()
  const roost = await startRoost({ ...open, servers: [practice('demo', port, { boot: '0s' })] })
  t.after(() => roost.stop())
  const there = await receiver(t)
  const made = await add(roost, there.url + '/in?x=1', { label: 'a robot', servers: ['demo'] })
  await roost.api('POST', '/v1/servers/demo/wake')
  await roost.untilState('demo', 'ready')
  await roost.api('POST', '/v1/servers/demo/sleep')
  await roost.untilState('demo', 'asleep')
  await until('the last event to come', () => there.taken.some(m => m.type === 'server.asleep'))
  for (const message of there.got) {
    assert.equal(message.path, '/in?x=1')
    assert.equal(message.headers['content-type'], 'application/json')
    assert.match(message.headers['user-agent'], /^roost\//)
    assert.deepEqual(new Webhook(made.secret).verify(message.text, message.headers), message.body)
    assert.ok(new SvixWebhook(made.secret).verify(message.text, message.headers))
    assert.throws(() => new Webhook(made.secret).verify(message.text + ' ', message.headers))
    assert.throws(() => new Webhook('whsec_' + Buffer.alloc(32).toString('base64')).verify(message.text, message.headers))
    assert.deepEqual(Object.keys(message.body), ['type', 'timestamp', 'data'])
    assert.equal(message.body.timestamp, message.event.time)
    assert.equal(message.id, message.event.id.replace(':', '-'))
  }
  const events = (await roost.events('&server=demo')).filter(e => there.got.some(m => m.event.id === e.id) || e.type !== 'server.declared')
  assertInOrder(there, events)
  assert.deepEqual(there.taken.map(m => m.event), events, 'the same events as anywhere else')
})

test('the secret is shown once and stands nowhere else', async t => {
  const roost = await startRoost(open)
  t.after(() => roost.stop())
  const there = await receiver(t)
  const made = await add(roost, there.url + '/SECRET-PATH')
  const turned = (await roost.api('POST', `/v1/webhooks/${made.id}/rotate`)).body
  assert.notEqual(turned.secret, made.secret)
  await touch(roost, 'one')
  const message = await until('an event', () => there.taken.find(m => m.type === 'server.declared'))
  for (const secret of [made.secret, turned.secret]) assert.ok(new Webhook(secret).verify(message.text, message.headers), 'both sign for a while')
  const places = [await roost.api('GET', '/v1/webhooks'), await webhook(roost, made.id), await roost.events(), roost.text(), await roost.api('GET', '/metrics')]
  for (const place of places) {
    assert.doesNotMatch(JSON.stringify(place), /whsec_/)
  }
  assert.doesNotMatch(JSON.stringify(await roost.events()), /SECRET-PATH/)
  assert.equal((await roost.api('POST', `/v1/webhooks/${made.id}/rotate`, { drop_old: true })).status, 200)
  await touch(roost, 'two')
  const last = await until('an event about two', () => there.taken.find(m => m.about === 'two'))
  assert.throws(() => new Webhook(turned.secret).verify(last.text, last.headers))
})

test('one server that is not taken holds up neither the others nor another webhook', async t => {
  const roost = await startRoost({ ...open, webhooks: { schedule: ['500ms', '500ms', '500ms', '500ms', '500ms', '500ms', '500ms', '500ms'], timeout: '2s' } })
  t.after(() => roost.stop())
  let broken = true
  const there = await receiver(t, message => broken && message.about === 'a' ? 503 : 200)
  const silent = await receiver(t, () => 0)
  const well = await receiver(t)
  for (const { url } of [silent, there, well]) await add(roost, url, { types: ['server.'] })
  for (let i = 0; i < 4; i++) for (const name of ['a', 'b', 'c']) await touch(roost, name)
  const events = (await roost.events()).filter(e => e.type === 'server.declared')
  const others = events.filter(e => e.subject !== 'a')
  await until('the others to be told', () => there.taken.length >= others.length && well.taken.length >= events.length)
  assertInOrder(there, others)
  assertInOrder(well, events)
  assert.equal(new Set(there.got.filter(m => m.about === 'a').map(m => m.id)).size, 1, 'the second of `a` waits for the first')
  broken = false
  await until('`a` to be told too', () => there.taken.length >= events.length)
  assertInOrder(there, events)
})

test('kill -9 in the middle: nothing is missing, and the order stays', async t => {
  const roost = await startRoost({ ...open, webhooks: { schedule: ['200ms', '200ms', '200ms', '200ms', '200ms', '200ms'], timeout: '5s' } })
  t.after(() => roost.stop())
  let count = 0
  const there = await receiver(t, async () => { await sleep(15); return ++count % 7 === 0 ? 500 : 200 })
  await add(roost, there.url, { types: ['server.'] })
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 5; i++) for (const name of names) await touch(roost, name)
    await roost.kill9()
    await roost.restart()
  }
  const events = (await roost.events()).filter(e => e.type === 'server.declared')
  assert.equal(events.length, 90)
  await until('everything to be told', () => new Set(there.taken.map(m => m.id)).size >= events.length)
  assertInOrder(there, events)
})

test('a receiver that answers 410 is given up at once and told of; switched on, it misses nothing', async t => {
  const roost = await startRoost(open)
  t.after(() => roost.stop())
  const there = await receiver(t, () => 410)
  const { id } = await add(roost, there.url, { label: 'old robot', types: ['server.declared'] })
  await touch(roost, 'one')
  await until('it to be given up', async () => !(await webhook(roost, id)).enabled)
  assert.match((await webhook(roost, id)).reason, /410/)
  const told = (await roost.events('&type=webhook.disabled'))[0]
  assert.equal(told.data.label, 'old robot')
  assert.match(told.data.reason, /410/)
  await touch(roost, 'one')
  await sleep(300)
  assert.equal(there.got.length, 1)
  there.judge = () => 200
  assert.equal((await roost.cli(['webhook', 'enable', 'old robot'])).code, 0)
  await until('both to be told', () => there.taken.length === 2)
  assertInOrder(there, await roost.events('&type=server.declared'))
})

test('Retry-After is waited for', async t => {
  const roost = await startRoost(quick)
  t.after(() => roost.stop())
  const at = []
  const there = await receiver(t, message => { at.push(Date.now()); message.answerHeaders = { 'retry-after': '2' }; return at.length === 1 ? 429 : 200 })
  await add(roost, there.url, { types: ['server.declared'] })
  await touch(roost, 'one')
  await until('it to be taken', () => there.taken.length === 1)
  assert.ok(at[1] - at[0] >= 1900, `${at[1] - at[0]} ms`)
})

test('dead letters are listed, outlive a crash, and are sent again in order at the command line', async t => {
  const roost = await startRoost(quick)
  t.after(() => roost.stop())
  const there = await receiver(t, () => 500)
  const { id } = await add(roost, there.url, { label: 'robot', types: ['server.declared'] })
  for (const name of ['one', 'two', 'three']) await touch(roost, name)
  await until('three dead letters', async () => (await roost.api('GET', `/v1/webhooks/${id}/dead`)).body.dead.length === 3)
  assert.equal(there.got.length, 9, 'three tries each')
  await roost.kill9()
  await roost.restart()
  const listed = JSON.parse((await roost.cli(['webhook', 'dead', 'robot', '--json'])).stdout).dead
  assert.deepEqual(listed.map(letter => [letter.subject, letter.attempts, letter.status, letter.reason]),
    ['one', 'two', 'three'].map(name => [name, 3, 500, 'it answered 500']))
  assert.match((await roost.cli(['webhook', 'dead', 'robot'])).stdout, /OFFSET[\s\S]*server\.declared/)
  there.judge = message => message.about === 'three' ? 500 : 200
  assert.equal((await roost.cli(['webhook', 'replay', 'robot'])).code, 0)
  await until('two to be taken', () => there.taken.length === 2)
  assert.deepEqual(there.taken.map(m => m.about), ['one', 'two'])
  await until('the third to be left', async () => {
    const { dead } = (await roost.api('GET', `/v1/webhooks/${id}/dead`)).body
    return dead.length === 1 && dead[0].attempts === 4 && !(await webhook(roost, id)).replaying
  })
  there.judge = () => 200
  assert.equal((await roost.cli(['webhook', 'replay', 'robot', String(listed[2].offset)])).code, 0)
  await until('no dead letters', async () => (await roost.api('GET', `/v1/webhooks/${id}/dead`)).body.dead.length === 0)
  assert.equal(there.taken[2].id, there.got.find(m => m.about === 'three').id, 'the webhook-id stays')
})

test('a private address is refused without the operator\'s word, and no redirect leads there', async t => {
  const roost = await startRoost({ webhooks: { schedule: ['100ms'] } })
  t.after(() => roost.stop())
  const there = await receiver(t)
  for (const url of [there.url, there.url.replace('127.0.0.1', 'localhost'), 'http://169.254.169.254/latest/meta-data', 'http://[::1]/', 'http://10.0.0.1/']) {
    const { id } = await add(roost, url, { label: url, types: ['server.declared'] })
    const { body } = await roost.api('POST', `/v1/webhooks/${id}/test`)
    assert.equal(body.taken, false, url)
    assert.equal(body.status, null, url)
    assert.ok(body.reason.length > 10, url)
  }
  await touch(roost, 'one')
  await sleep(500)
  assert.equal(there.got.length, 0)
})

test('a redirect is not followed', async t => {
  const roost = await startRoost(quick)
  t.after(() => roost.stop())
  const elsewhere = await receiver(t)
  const there = await receiver(t, message => { message.answerHeaders = { location: elsewhere.url }; return 307 })
  const { id } = await add(roost, there.url)
  const { body } = await roost.api('POST', `/v1/webhooks/${id}/test`)
  assert.equal(body.taken, false)
  assert.match(body.reason, /307.*redirect/)
  assert.equal(elsewhere.got.length, 0)
})

test('the receivers of docs/realtime.md receive', async t => {
  const document = readFileSync(join(root, 'docs/realtime.md'), 'utf8')
  const roost = await startRoost(quick)
  t.after(() => roost.stop())
  for (const [language, command] of [['python', ['python3', '-u', '-']], ['js', ['node', '--input-type=module', '-']]]) {
    const port = await freePort()
    const program = [...document.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)]
      .find(([, word, text]) => word === language && text.includes('ROOST_WEBHOOK_SECRET'))[2].replaceAll('8000', String(port))
    const { secret } = await add(roost, `http://127.0.0.1:${port}/`, { types: ['server.declared'] })
    const child = spawn(command[0], command.slice(1), { cwd: here, env: { ...process.env, ROOST_WEBHOOK_SECRET: secret } })
    t.after(() => child.kill())
    let said = ''
    child.stdout.on('data', data => { said += data })
    child.stderr.on('data', data => { said += data })
    child.stdin.end(program)
    await until('it to listen', () => answers(port))
    await touch(roost, `told-${language}`)
    await until(`the ${language} receiver to print it`, () => said.includes(`told-${language}`)).catch(error => { throw new Error(`${error.message}\n${said}`) })
    const forged = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: '{}', headers: { 'webhook-id': '1', 'webhook-timestamp': String(Math.floor(Date.now() / 1000)), 'webhook-signature': 'v1,AAAA' } })
    assert.equal(forged.status, 401)
  }
})

test('the command line: add, test, ls, show, rotate, disable, rm', async t => {
  const roost = await startRoost(quick)
  t.after(() => roost.stop())
  const there = await receiver(t)
  const added = await roost.cli(['webhook', 'add', there.url, '--label', 'robot', '--types', 'server.declared,server.ready', '--role', 'player'])
  assert.equal(added.code, 0, added.stderr)
  assert.match(added.stdout, /^whsec_\S+\n$/)
  const tested = await roost.cli(['webhook', 'test', 'robot'])
  assert.equal(tested.code, 0, tested.stderr)
  assert.equal(there.got[0].type, 'webhook.test')
  new Webhook(added.stdout.trim()).verify(there.got[0].text, there.got[0].headers)
  const listed = await roost.cli(['webhook'])
  assert.match(listed.stdout, /robot +well/)
  const shown = await roost.cli(['webhook', 'show', 'robot'])
  assert.match(shown.stdout, /types +server\.declared, server\.ready/)
  assert.match((await roost.cli(['webhook', 'rotate', 'robot'])).stdout, /^whsec_/)
  assert.equal((await roost.cli(['webhook', 'disable', 'robot'])).code, 0)
  assert.match((await roost.cli(['webhook', 'ls'])).stdout, /robot +off/)
  there.judge = () => 500
  const failed = await roost.cli(['webhook', 'test', 'robot'])
  assert.equal(failed.code, 1)
  assert.match(failed.stderr, /500/)
  assert.equal((await roost.cli(['webhook', 'rm', 'robot'])).code, 0)
  const gone = await roost.cli(['webhook', 'show', 'robot'])
  assert.equal(gone.code, 1)
  assert.match(gone.stderr, /no webhook 'robot'/)
  const wrong = await roost.cli(['webhook', 'add', 'gopher://x'])
  assert.equal(wrong.code, 1)
  assert.match(wrong.stderr, /http:\/\/ or https:\/\//)
  assert.equal((await roost.cli(['webhook', 'fly'])).code, 2)
})
