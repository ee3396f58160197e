// SPDX-License-Identifier: Apache-2.0
// The real-time protocol over WebSockets, with a real client (npm ws): docs/realtime.md.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { startRoost, practice, freePort, until } from './harness.mjs'
import { Client, connect } from './socket.mjs'

async function start (t, config = {}, servers = 1) {
  const list = []
  for (let n = 0; n < servers; n++) list.push(practice(n === 0 ? 'demo' : `demo${n}`, await freePort(), { boot: '0s', hosts: [n === 0 ? '*' : `h${n}.example.org`] }))
  const roost = await startRoost({ servers: list, ...config })
  t.after(() => roost.stop())
  return roost
}

async function makeUser (roost, name, role) {
  assert.ok((await roost.api('PUT', `/v1/users/${name}`, { role, password: 'a long password' })).status < 300)
  const { status, body } = await roost.api('POST', '/v1/tokens', { label: name, user: name })
  assert.equal(status, 201)
  return body.token
}

test('WebSocket: welcome, whoami, subscribe, live events, unsubscribe, ping', async t => {
  const roost = await start(t)
  const client = await connect(roost)
  assert.match(client.id, /^[A-Za-z0-9_-]{15}=$/)
  assert.equal(client.welcome.role, 'admin')
  assert.equal(client.welcome.limits.message, 131072)
  const who = await client.ask('whoami')
  assert.equal(who.connection_id, client.id)
  assert.equal(who.ok, true)
  assert.deepEqual(who.channels, [])

  const subscribed = await client.ask('subscribe', { channels: ['server/demo', 'servers'] })
  assert.deepEqual(subscribed.channels, ['server/demo', 'servers'])
  assert.equal(subscribed.position, client.welcome.position)
  assert.equal(subscribed.verdict, undefined)

  const woken = await client.ask('wake', { server: 'demo' })
  assert.equal(woken.status, 202)
  assert.equal(woken.server.name, 'demo')
  assert.ok(woken.request_id)
  await client.untilEvent('server.ready')
  const requested = client.events.find(event => event.type === 'server.wake_requested')
  assert.equal(requested.data.request_id, woken.request_id)
  const ids = client.events.map(event => Number(event.id.split(':')[1]))
  assert.deepEqual(ids, [...new Set(ids)].sort((a, b) => a - b), 'in order, nothing twice')

  assert.deepEqual((await client.ask('unsubscribe', { channels: ['server/demo', 'servers'] })).channels, [])
  const before = client.events.length
  const slept = await client.ask('sleep', { server: 'demo', now: true })
  assert.equal(slept.status, 202)
  await roost.untilState('demo', 'asleep')
  assert.equal((await client.ask('ping')).ok, true)
  assert.equal(client.events.length, before)
  await client.close()
  assert.equal(client.closed.code, 1000)
})

test('WebSocket: a place resumes, an old record is told, a replay comes before what is live', async t => {
  const roost = await start(t)
  await roost.api('POST', '/v1/servers/demo/wake')
  await roost.untilState('demo', 'ready')
  const all = await roost.events()
  const epoch = all[0].id.split(':')[0]

  const client = await connect(roost)
  const answer = await client.ask('subscribe', { channels: ['feed'], after: all[0].id })
  assert.equal(answer.verdict, 'resumed')
  await until('the replay', () => client.events.at(-1)?.id === all.at(-1).id)
  assert.deepEqual(client.events.map(event => event.id), all.slice(1).map(event => event.id))
  const first = client.told.findIndex(one => one.type === 'event')
  assert.ok(client.told.findIndex(one => one.type === 'answer') < first, 'answered first')

  // Only the new channel is told again.
  const other = await connect(roost)
  await other.ask('subscribe', { channels: ['server/demo'] })
  await other.ask('subscribe', { channels: ['feed'], after: `${epoch}:0` })
  await until('the replay', () => other.events.at(-1)?.id === all.at(-1).id)
  assert.deepEqual(other.events.map(event => event.id), all.map(event => event.id))
  await roost.api('POST', '/v1/servers/demo/sleep')
  await other.untilEvent('server.asleep')
  await client.untilEvent('server.asleep')
  const now = await roost.events()
  assert.deepEqual(other.events.map(event => event.id), now.slice(0, other.events.length).map(event => event.id))

  const resumed = await client.ask('resume', { after: all[2].id })
  assert.equal(resumed.verdict, 'resumed')
  await until('all again', () => client.events.length >= now.length - 1 + now.length - 3)
  assert.deepEqual(client.events.slice(now.length - 1).map(event => event.id), now.slice(3).map(event => event.id))

  const unknown = await connect(roost)
  const told = await unknown.ask('subscribe', { channels: ['feed'], after: 'NOSUCHEPOCH:5' })
  assert.equal(told.verdict, 'unknown epoch')
  const ahead = await unknown.ask('resume', { after: `${epoch}:999999` })
  assert.equal(ahead.verdict, 'unknown epoch')
})
