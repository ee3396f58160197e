// SPDX-License-Identifier: Apache-2.0
// The feed as SSE, with a real client (npm eventsource), and its resume rules.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EventSource } from 'eventsource'

import { startRoost, practice, freePort, until, assertGapless } from './harness.mjs'

function listen (roost, token, query = '', headers = {}) {
  const source = new EventSource(`${roost.url}/v1/events${query}`, {
    fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, ...headers, authorization: `Bearer ${token}` } })
  })
  const got = []
  const positions = []
  const types = ['server.wake_requested', 'server.phase_changed', 'server.ready', 'server.sleep_requested', 'server.asleep', 'server.declared', 'roost.started', 'user.changed', 'token.created', 'server.found', 'server.idle', 'user.signed_in']
  for (const type of types) source.addEventListener(type, event => got.push({ ...JSON.parse(event.data), lastEventId: event.lastEventId }))
  source.addEventListener('feed.position', event => positions.push(JSON.parse(event.data)))
  return { source, got, positions }
}

test('SSE: live events, resume, gap and unknown epoch are told', async t => {
  const port = await freePort()
  const roost = await startRoost({ servers: [practice('demo', port, { boot: '0s' })] })
  t.after(() => roost.stop())
  const token = await roost.token()

  const live = listen(roost, token)
  t.after(() => live.source.close())
  await until('the position', () => live.positions.length > 0)
  await roost.api('POST', '/v1/servers/demo/wake')
  await until('server.ready', () => live.got.some(event => event.type === 'server.ready'))
  for (const event of live.got) assert.equal(event.id, event.lastEventId)

  // Resume from the first event on: everything in order, nothing twice, and told `resumed`.
  const all = await roost.events()
  const epoch = all[0].id.split(':')[0]
  const again = listen(roost, token, '', { 'last-event-id': all[0].id })
  t.after(() => again.source.close())
  await until('server.ready again', () => again.got.some(event => event.type === 'server.ready'))
  assert.equal(again.positions[0].verdict, 'resumed')
  assert.deepEqual(again.got.map(event => event.id), again.got.map((_, index) => `${epoch}:${index + 2}`))

  const unknown = listen(roost, token, '?last_event_id=NOSUCHEPOCH:5')
  t.after(() => unknown.source.close())
  await until('the verdict', () => unknown.positions.length > 0)
  assert.equal(unknown.positions[0].verdict, 'unknown epoch')
})

test('SSE: a client that was away over a kill -9 resumes by itself with nothing missing', async t => {
  const port = await freePort()
  const roost = await startRoost({ servers: [practice('demo', port, { boot: '1s' })] })
  t.after(() => roost.stop())
  const token = await roost.token()
  const live = listen(roost, token, '?after=0')
  t.after(() => live.source.close())
  await roost.api('POST', '/v1/servers/demo/wake')
  await until('waking', () => live.got.some(event => event.type === 'server.wake_requested'))
  await roost.kill9()
  await roost.restart()
  await roost.untilState('demo', 'ready')
  const all = await roost.events()
  await until('everything', () => live.got.at(-1)?.id === all.at(-1).id)
  assert.deepEqual(live.got.map(event => event.id), all.map(event => event.id))
})

test('SSE: what the feed has forgotten is told as a gap, on the stream and in pages', async t => {
  const port = await freePort()
  const roost = await startRoost({ servers: [practice('demo', port, { boot: '0s' })] })
  t.after(() => roost.stop())
  const token = await roost.token()
  await roost.api('POST', '/v1/servers/demo/wake')
  await roost.untilState('demo', 'ready')
  const all = await roost.events()
  assertGapless(all)
  assert.ok(all.length > 8)

  // The next life keeps five, and begins by forgetting the others; what happens then is looked at a minute later.
  await roost.kill9()
  roost.environment.ROOST_FEED_KEEP_EVENTS = '5'
  await roost.restart()
  const page = await until('the oldest to be forgotten', async () => {
    const answer = await roost.api('GET', '/v1/events?after=0')
    return answer.body.oldest > 1 && answer.body
  })
  const offset = id => Number(id.split(':')[1])
  assert.equal(page.oldest, offset(page.events[0].id))
  assert.ok(page.oldest >= all.length - 4)

  const late = listen(roost, token, '', { 'last-event-id': all[0].id })
  t.after(() => late.source.close())
  await until('the verdict', () => late.positions.length > 0)
  assert.equal(late.positions[0].verdict, 'gap')
  assert.equal(late.positions[0].oldest, page.oldest)
  await until('the newest', () => late.got.length > 0 && offset(late.got.at(-1).lastEventId) >= page.newest)
  assert.ok(offset(late.got[0].lastEventId) >= page.oldest)

  // Who has the one before the oldest has missed nothing.
  const intime = listen(roost, token, '', { 'last-event-id': `${page.events[0].id.split(':')[0]}:${page.oldest - 1}` })
  t.after(() => intime.source.close())
  await until('the verdict', () => intime.positions.length > 0)
  assert.equal(intime.positions[0].verdict, 'resumed')
})

test('SSE: a stream ends with the session it was asked with, and with no other', async t => {
  const roost = await startRoost({})
  t.after(() => roost.stop())
  const stream = async cookie => {
    const answer = await fetch(`${roost.url}/v1/events`, { headers: { cookie, accept: 'text/event-stream' } })
    const state = { ended: false, answer }
    ;(async () => { for await (const _ of answer.body) state.heard = true })().then(() => { state.ended = true }, () => { state.ended = true })
    await until('its position', () => state.heard)
    return state
  }
  const first = await until('a sign-in', () => roost.signIn())
  const second = await roost.signIn()
  const streams = [await stream(first.cookie), await stream(first.cookie), await stream(second.cookie)]
  const out = await fetch(`${roost.url}/v1/session`, { method: 'DELETE', headers: { cookie: first.cookie, 'x-csrf-token': first.csrf } })
  assert.ok(out.ok)
  await until('the streams of the session to end', () => streams[0].ended && streams[1].ended)
  assert.equal(streams[2].ended, false)
  await streams[2].answer.body.cancel().catch(() => {})
})
