// SPDX-License-Identifier: Apache-2.0
// Channels of the operator's own over HTTP, SSE and WebSocket, and the progress of wishes
// on the connection that asked: docs/realtime.md.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { EventSource } from 'eventsource'

import { freePort, practice, startRoost, until } from './harness.mjs'
import { connect } from './socket.mjs'

const channels = [
  { name: 'news', read: 'player', post: 'staff' },
  { name: 'chat/*', read: 'player', post: 'player' }
]

async function start (t) {
  const demo = practice('demo', await freePort(), { boot: '300ms' })
  const roost = await startRoost({ servers: [demo], channels })
  t.after(() => roost.stop())
  return roost
}

async function makeUser (roost, name, role) {
  assert.ok((await roost.api('PUT', `/v1/users/${name}`, { role, password: 'a long password' })).status < 300)
  return (await roost.api('POST', '/v1/tokens', { label: name, user: name })).body.token
}

async function as (roost, token, method, path, body, headers = {}) {
  const response = await fetch(roost.url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
    body: body && JSON.stringify(body)
  })
  return { status: response.status, body: await response.json() }
}

const post = (roost, token, channel, message) => as(roost, token, 'POST', '/v1/messages', { channel, message })

function listen (t, roost, token, query) {
  const told = []
  const source = new EventSource(`${roost.url}/v1/events?${query}`, {
    fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } })
  })
  for (const type of ['channel.posted', 'user.messaged', 'server.ready', 'feed.position']) {
    source.addEventListener(type, event => told.push({ type, id: event.lastEventId, data: JSON.parse(event.data) }))
  }
  t.after(() => source.close())
  told.messages = () => told.filter(one => one.type !== 'feed.position').map(one => one.data.data.message)
  return told
}

test('what is posted to a channel is told to its readers, on every transport, also after kill -9', async t => {
  const roost = await start(t)
  const anna = await makeUser(roost, 'anna', 'player')
  const sam = await makeUser(roost, 'sam', 'staff')
  const told = listen(t, roost, anna, 'channel=chat/lobby&channel=news&channel=user/anna')
  await until('the stream', () => told.length === 1)
  const socket = await connect(roost, { token: anna })
  assert.deepEqual((await socket.ask('subscribe', { channels: ['chat/lobby', 'news', 'user/anna'] })).channels.length, 3)

  const first = await post(roost, anna, 'chat/lobby', { text: 'hello', n: 1 })
  assert.equal(first.status, 202)
  assert.equal((await post(roost, anna, 'chat/elsewhere', 'not theirs')).status, 202)
  assert.equal((await post(roost, anna, 'news', 'not hers to say')).status, 403)
  assert.equal((await post(roost, sam, 'news', 'we have news')).status, 202)
  assert.equal((await post(roost, sam, 'user/anna', 'psst')).status, 202)
  assert.equal((await post(roost, anna, 'chat/lobby', 'x'.repeat(17000))).status, 413)
  await until('three messages', () => told.messages().length === 3)
  assert.deepEqual(told.messages(), [{ text: 'hello', n: 1 }, 'we have news', 'psst'])
  assert.equal(told[1].id, first.body.position)
  await until('three on the socket', () => socket.events.length === 3)
  assert.deepEqual(socket.events.map(event => event.data.message), told.messages())

  await roost.kill9()
  await roost.restart()
  assert.equal((await post(roost, sam, 'news', 'we are back')).status, 202)
  await until('the fourth', () => told.messages().length === 4)
  assert.equal(told.messages()[3], 'we are back')

  const page = await as(roost, anna, 'GET', '/v1/events?channel=news&channel=chat/lobby')
  assert.deepEqual(page.body.events.map(event => event.data.message), [{ text: 'hello', n: 1 }, 'we have news', 'we are back'])
  assert.equal((await as(roost, anna, 'GET', '/v1/events?channel=alerts')).status, 403)
  assert.equal((await as(roost, sam, 'GET', '/v1/events?channel=console/demo')).status, 422)
})

test('the progress of a wish goes to the connection that asked, in order, and to no other', async t => {
  const roost = await start(t)
  const anna = await makeUser(roost, 'anna', 'player')
  const ben = await makeUser(roost, 'ben', 'player')
  const sam = await makeUser(roost, 'sam', 'staff')
  const hers = await connect(roost, { token: anna })
  const his = await connect(roost, { token: ben })
  const progress = client => client.told.filter(one => one.type === 'progress')

  const [mine, foreign] = await Promise.all([
    as(roost, anna, 'POST', '/v1/servers/demo/wake', undefined, { 'x-connection-id': hers.id }),
    as(roost, anna, 'POST', '/v1/servers/demo/wake', undefined, { 'x-connection-id': his.id })
  ])
  assert.equal(mine.status, 202)
  assert.equal(mine.body.connection_id, hers.id)
  assert.equal(foreign.status, 202)
  await until('ready', () => progress(hers).some(one => one.event.type === 'server.ready'))
  for (const one of progress(hers)) assert.equal(one.request_id, mine.body.request_id)
  const offsets = progress(hers).map(one => Number(one.event.id.split(':')[1]))
  assert.deepEqual(offsets, [...new Set(offsets)].sort((a, b) => a - b))
  assert.ok(progress(hers).some(one => one.event.type === 'server.phase_changed'))
  assert.equal(hers.events.length, 0, 'nothing comes twice: there is no subscription')

  // Staff may name anybody's, in the body too; and whoever has gone hurts nobody.
  const slept = await as(roost, sam, 'POST', '/v1/servers/demo/sleep', { now: true, connection_id: his.id })
  assert.equal(slept.status, 202)
  await until('asleep', () => progress(his).some(one => one.event.type === 'server.asleep'))
  for (const one of progress(his)) assert.equal(one.request_id, slept.body.request_id)
  await hers.close()
  assert.equal((await as(roost, anna, 'POST', '/v1/servers/demo/wake', undefined, { 'x-connection-id': hers.id })).status, 202)
  await roost.untilState('demo', 'ready')

  const own = await his.ask('wake', { server: 'demo' })
  assert.equal(own.status, 202)
  assert.equal((await his.ask('ping')).ok, true)
  assert.equal(progress(his).filter(one => one.request_id === own.request_id).length, 0, 'it is there already')
})
