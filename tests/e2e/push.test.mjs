// SPDX-License-Identifier: Apache-2.0
// "Tell me when it is ready", told to browsers through a push service: the bytes that
// arrive are read by others' code, through crashes, dead browsers and busy services.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { freePort, practice, sleep, startRoost, until } from './harness.mjs'
import { startPushService } from './pushservice.mjs'

async function start (t, { boot = '300ms', config = {} } = {}) {
  const service = await startPushService()
  const roost = await startRoost({
    servers: [practice('demo', await freePort(), { boot })],
    outbound: { allow: ['127.0.0.0/8'] },
    ...config
  })
  t.after(async () => {
    await roost.stop()
    await service.stop()
    assert.deepEqual(service.faults, [], 'a real push service would have refused these')
  })
  const { status, body } = await roost.api('GET', '/v1/push')
  assert.equal(status, 200)
  assert.match(body.public_key, /^[\w-]{87}$/)
  return { roost, service, browser: service.subscribe(body.public_key) }
}

async function ask (roost, browser, more = { servers: [{ name: 'demo' }] }, status = 201) {
  const answer = await roost.api('PUT', '/v1/push', { ...browser.subscription, ...more })
  assert.equal(answer.status, status, JSON.stringify(answer.body))
  return answer.body
}

async function wake (roost) {
  await roost.api('POST', '/v1/servers/demo/wake')
  await roost.untilState('demo', 'ready')
}

async function putToSleep (roost) {
  await roost.api('POST', '/v1/servers/demo/sleep', { now: true })
  await roost.untilState('demo', 'asleep')
}

const readies = async roost => (await roost.events()).filter(event => event.type === 'server.ready')
const own = async roost => (await roost.api('GET', '/v1/push')).body.browsers

test('push: who asked is told once, sealed for that browser, and signed for that service', async t => {
  const { roost, service, browser } = await start(t)
  const other = service.subscribe(browser.applicationServerKey)
  await ask(roost, browser)
  await ask(roost, other, { servers: [] })
  await wake(roost)
  await until('the message', () => browser.told.length === 1)
  const [event] = await readies(roost)
  const { title, body, ...rest } = browser.told[0]
  assert.equal(title, 'demo is ready')
  assert.match(body, /join/i)
  assert.deepEqual(rest, { tag: 'ready/demo', url: '/#/servers/demo', server: 'demo', event: event.id })
  await putToSleep(roost)
  await wake(roost)
  await sleep(500)
  assert.equal(browser.requests.length, 1, 'once is once')
  assert.equal(other.requests.length, 0)
  assert.deepEqual((await own(roost)).map(each => each.servers), [[], []])
})

test('push: always is each time, with one topic, so that a service keeps the newest only', async t => {
  const { roost, browser } = await start(t)
  await ask(roost, browser, { servers: [{ name: 'demo', kind: 'always' }] })
  for (let times = 1; times <= 2; times++) {
    await wake(roost)
    await until('the message', () => browser.told.length === times)
    await putToSleep(roost)
  }
  assert.equal(new Set(browser.requests.map(request => request.topic)).size, 1)
  assert.equal(browser.waiting.size, 1)
  assert.equal([...browser.waiting.values()][0].event, (await readies(roost))[1].id)
})

test('push: a start that failed is told, with the reason', async t => {
  const { roost, browser } = await start(t)
  const broken = practice('broken', await freePort(), { hosts: ['broken.test'] })
  broken.local.command = ['/bin/sh', '-c', 'echo a last line; exit 3']
  await roost.api('PUT', '/v1/servers/broken', broken)
  await ask(roost, browser, { servers: [{ name: 'broken' }] })
  await roost.api('POST', '/v1/servers/broken/wake')
  await until('the message', () => browser.told.length === 1)
  assert.equal(browser.told[0].title, 'broken could not start')
  assert.match(browser.told[0].body, /^Because: .*exit status 3/)
})

test('push: a browser that is gone is removed, and not asked again', async t => {
  const { roost, service, browser } = await start(t)
  await ask(roost, browser, { servers: [{ name: 'demo', kind: 'always' }] })
  service.answer = () => ({ status: 410 })
  await wake(roost)
  await until('it to be removed', async () => (await own(roost)).length === 0)
  service.answer = () => ({ status: 201 })
  await putToSleep(roost)
  await wake(roost)
  await sleep(500)
  assert.equal(browser.requests.length, 1)
})

test('push: a busy service is asked again, not before it says', async t => {
  const { roost, service, browser } = await start(t)
  await ask(roost, browser)
  service.answer = () => browser.requests.length === 0 ? { status: 429, headers: { 'retry-after': '7' } } : { status: 201 }
  await wake(roost)
  await until('the message', () => browser.told.length === 1, 40000)
  const [first, second] = browser.requests
  assert.ok(second.at - first.at >= 6900, `asked again after ${second.at - first.at} ms`)
  assert.deepEqual(second.message, first.message)
  assert.equal(second.topic, first.topic)
  assert.ok(second.ttl < first.ttl)
})

test('push: what a service refuses is told to staff once, and to their browsers elsewhere', async t => {
  const { roost, service, browser } = await start(t)
  const elsewhere = await startPushService()
  t.after(() => elsewhere.stop())
  const watcher = elsewhere.subscribe(browser.applicationServerKey)
  await ask(roost, watcher, { alerts: true })
  await ask(roost, browser, { servers: [{ name: 'demo', kind: 'always' }] })
  service.answer = () => ({ status: 403, body: 'the key is another' })
  for (let times = 1; times <= 2; times++) {
    await wake(roost)
    await until('the refusal', () => browser.requests.length === times)
    await putToSleep(roost)
  }
  const failed = (await roost.events()).filter(event => event.type === 'push.failed')
  assert.equal(failed.length, 1)
  assert.deepEqual(failed[0].data, { service: service.origin, status: 403, reason: 'the key is another' })
  assert.equal((await own(roost)).length, 2)
  await until('the alert', () => watcher.told.length === 1)
  assert.equal(watcher.told[0].title, 'Trouble: roost')
  assert.match(watcher.told[0].body, /the key is another/)
})

test('push: kill -9 while the message is under way: it is told, and shown once', async t => {
  const { roost, service, browser } = await start(t)
  await ask(roost, browser)
  service.answer = () => null	// taken, and never answered
  await wake(roost)
  await until('the request', () => browser.requests.length === 1)
  await roost.kill9()
  service.answer = () => ({ status: 201 })
  await roost.restart()
  await until('the message', () => browser.told.length === 1)
  assert.deepEqual(browser.requests[1].message, browser.requests[0].message)
  assert.equal(browser.requests[1].topic, browser.requests[0].topic)
  await sleep(500)	// the answer is heard, and that is durable: from now on it is not told again
  await roost.kill9()
  await roost.restart()
  await sleep(500)
  assert.equal(browser.requests.length, 2)
  assert.deepEqual((await own(roost)).map(each => each.servers), [[]])
})

test('push: kill -9 at any moment of a wake: nobody is left untold', async t => {
  const { roost, browser } = await start(t, { boot: '200ms' })
  await ask(roost, browser, { servers: [{ name: 'demo', kind: 'always' }] })
  for (let round = 0; round < 6; round++) {
    await roost.api('POST', '/v1/servers/demo/wake')
    await sleep(150 + round * 120)
    await roost.kill9()
    await roost.restart()
    await roost.untilState('demo', 'ready')
    await putToSleep(roost)
  }
  const events = (await readies(roost)).map(event => event.id)
  await until('all of them', () => events.every(id => browser.told.some(message => message.event === id)), 10000)
    .catch(() => {
      // Only a newer one may have taken an older one's place while it waited.
      const told = browser.told.map(message => message.event)
      assert.equal(told.at(-1), events.at(-1), `ready ${events}, told ${told}`)
    })
})

test('push: keys and wishes outlive roost', async t => {
  const { roost, browser } = await start(t)
  const before = await ask(roost, browser, { servers: [{ name: 'demo', kind: 'always' }] })
  await roost.kill9()
  await roost.restart()
  const { body } = await roost.api('GET', '/v1/push')
  assert.equal(body.public_key, browser.applicationServerKey)
  assert.deepEqual(body.browsers, [before])
})

test('push: an endpoint inside is refused, or never reached', async t => {
  const { roost, browser } = await start(t, { config: { outbound: {} } })
  const refused = await roost.api('PUT', '/v1/push', { ...browser.subscription, servers: [{ name: 'demo' }] })
  assert.equal(refused.status, 422)
  assert.equal(refused.body.errors[0].pointer, '/endpoint')
  const inside = `https://127.0.0.1:${new URL(browser.subscription.endpoint).port}/x`
  await ask(roost, browser, { endpoint: inside, servers: [{ name: 'demo' }] })
  await wake(roost)
  await sleep(1000)
  assert.equal(browser.requests.length, 0)
})
