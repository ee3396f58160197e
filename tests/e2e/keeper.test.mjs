// SPDX-License-Identifier: Apache-2.0
// The policies, on real processes: who falls asleep, when, and who is told.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { startRoost, practice, freePort, until, answers } from './harness.mjs'
import { join } from './minecraft.mjs'

async function start (t, options) {
  const port = await freePort()
  const roost = await startRoost({ servers: [practice('demo', port, options)] })
  t.after(() => roost.stop())
  return { roost, port }
}

test('a server that nobody ever joined falls asleep', async t => {
  const { roost, port } = await start(t, { boot: '0s', policy: { idle_after: '2s', grace: '1s' } })
  await roost.api('POST', '/v1/servers/demo/wake')
  await roost.untilState('demo', 'ready')
  await roost.untilState('demo', 'asleep')
  assert.equal(await answers(port), false)
  const events = await roost.events('&server=demo')
  const idle = events.findIndex(event => event.type === 'server.idle')
  const requested = events.find(event => event.type === 'server.sleep_requested')
  assert.ok(idle >= 0)
  assert.equal(requested.data.cause, 'idle')
})

test('a server with somebody on does not fall asleep, and does when they leave', async t => {
  const { roost } = await start(t, { boot: '0s', policy: { idle_after: '3s', grace: '1s' } })
  const player = await join({ port: roost.gatePort, version: '1.20.4', username: 'Owl' })
  await until('Owl to be on', async () => (await roost.server('demo')).players.online === 1)
  const since = (await roost.server('demo')).since
  await new Promise(resolve => setTimeout(resolve, 8000))
  const server = await roost.server('demo')
  assert.equal(server.state, 'ready')
  assert.equal(server.since, since)
  assert.ok(server.players.names.some(one => (one.name ?? one) === 'Owl'))
  player.end()
  await roost.untilState('demo', 'asleep')
  const types = (await roost.events('&server=demo')).map(event => event.type)
  assert.ok(types.includes('player.left'))
})

test('a game that ignores stop is killed after `within`', async t => {
  const { roost, port } = await start(t, { boot: '0s', options: ['--ignore-stop'], stop: { console: 'stop', within: '2s' } })
  await roost.api('POST', '/v1/servers/demo/wake')
  await roost.untilState('demo', 'ready')
  await roost.api('POST', '/v1/servers/demo/sleep')
  await roost.untilState('demo', 'asleep')
  assert.equal(await answers(port), false)
})

test('a start that takes longer than start_within fails, is undone and told', async t => {
  const { roost, port } = await start(t, { boot: '60s', policy: { start_within: '3s' } })
  await roost.api('POST', '/v1/servers/demo/wake')
  const server = await roost.untilState('demo', 'failed')
  assert.match(server.reason, /3 s|in time|start_within|answer/)
  assert.equal(await answers(port), false)
  const failed = (await roost.events('&server=demo')).find(event => event.type === 'server.failed')
  assert.equal(failed.data.phase, 'starting')
})

test('too few players: three warnings, then asleep', async t => {
  const { roost } = await start(t, { boot: '0s', policy: { min_players: 2, warnings: 3, warning_every: '1s', grace: '1s' } })
  const player = await join({ port: roost.gatePort, version: '1.20.4', username: 'Lonely' })
  await roost.untilState('demo', 'asleep')
  player.end()
  const events = await roost.events('&server=demo')
  const warned = events.filter(event => event.type === 'server.warned')
  assert.ok(warned.length >= 3, `${warned.length} warnings`)
  assert.equal(events.find(event => event.type === 'server.sleep_requested').data.cause, 'min_players')
})

test('max_duration: the players are warned, then it sleeps', async t => {
  const { roost } = await start(t, { boot: '0s', policy: { max_duration: '5s' } })
  await roost.api('POST', '/v1/servers/demo/wake')
  await roost.untilState('demo', 'ready')
  await roost.untilState('demo', 'asleep')
  const events = await roost.events('&server=demo')
  assert.equal(events.find(event => event.type === 'server.sleep_requested').data.cause, 'max_duration')
})

test('a join while it goes to sleep wakes it again, and the player is held meanwhile', async t => {
  const { roost } = await start(t, { boot: '0s', options: ['--slow-stop', '3s'] })
  await roost.api('POST', '/v1/servers/demo/wake')
  await roost.untilState('demo', 'ready')
  await roost.api('POST', '/v1/servers/demo/sleep')
  await roost.untilState('demo', 'settling')
  const player = await join({ port: roost.gatePort, version: '1.20.4', username: 'Late' })
  player.end()
  await roost.untilState('demo', 'ready')
})

test('two wishes at once, page and CLI, make one run', async t => {
  const { roost } = await start(t, { boot: '2s' })
  await roost.token()
  const [api, cli] = await Promise.all([roost.api('POST', '/v1/servers/demo/wake'), roost.cli(['wake', 'demo', '--wait'])])
  assert.equal(api.status, 202)
  assert.equal(cli.code, 0, cli.stderr)
  assert.equal((await roost.api('GET', '/v1/servers/demo/runs')).body.runs.length, 1)
})
