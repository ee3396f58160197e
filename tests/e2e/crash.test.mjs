// SPDX-License-Identifier: Apache-2.0
// kill -9 of roost in each phase: the same run, the same game process, no event
// lost or told twice, and held players' servers still wake.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readFileSync, readdirSync } from 'node:fs'

import { startRoost, practice, freePort, until, sleep, assertGapless } from './harness.mjs'
import { RawClient, handshake, loginStart, join } from './minecraft.mjs'

/** The game's processes: `roost practice` of this test's port, supervisors left out. */
function games (port) {
  return readdirSync('/proc').filter(n => /^\d+$/.test(n)).filter(pid => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      return words[1] === 'practice' && words.includes(`127.0.0.1:${port}`)
    } catch { return false }
  }).map(Number)
}

async function kept (roost, port, before) {
  const events = await roost.events()
  assertGapless(events)
  // What was read before the crash is still there, word for word.
  before.forEach((event, index) => assert.deepEqual(events[index], event))
  assert.ok(games(port).length <= 1, 'one game process at most')
  return events
}

const phases = {
  'just after the wish': async () => {},
  'while the game boots': async (roost, port) => { await until('a process', () => games(port).length === 1) },
  'when it is ready': async roost => { await roost.untilState('demo', 'ready') }
}

for (const [when, reach] of Object.entries(phases)) {
  test(`kill -9 ${when}: the same run and the same process go on`, async t => {
    const port = await freePort()
    const roost = await startRoost({ servers: [practice('demo', port, { boot: '2s' })] })
    t.after(() => roost.stop())
    await roost.token()
    await roost.api('POST', '/v1/servers/demo/wake')
    await reach(roost, port)
    const before = await roost.events()
    const run = (await roost.server('demo')).run?.id
    const running = games(port)
    await roost.kill9()
    await sleep(500)	// a supervisor that was just asked goes on to start it
    const processes = games(port)
    if (running.length === 1) assert.deepEqual(processes, running, 'the game lives on without roost')
    await roost.restart()
    const server = await roost.untilState('demo', 'ready')
    if (run) assert.equal(server.run.id, run)
    if (processes.length === 1) assert.deepEqual(games(port), processes)
    const events = await kept(roost, port, before)
    assert.equal(events.filter(event => event.type === 'server.ready').length, 1)
    await roost.api('POST', '/v1/servers/demo/sleep')
    await roost.untilState('demo', 'asleep')
    assert.deepEqual(games(port), [])
  })
}

test('kill -9 while it goes to sleep: it sleeps', async t => {
  const port = await freePort()
  const roost = await startRoost({ servers: [practice('demo', port, { boot: '0s', options: ['--slow-stop', '3s'] })] })
  t.after(() => roost.stop())
  await roost.api('POST', '/v1/servers/demo/wake')
  await roost.untilState('demo', 'ready')
  await roost.api('POST', '/v1/servers/demo/sleep')
  await roost.untilState('demo', 'settling')
  const before = await roost.events()
  await roost.kill9()
  await roost.restart()
  await roost.untilState('demo', 'asleep')
  const events = await kept(roost, port, before)
  assert.equal(events.filter(event => event.type === 'server.asleep').length, 1)
  assert.equal(events.filter(event => event.type === 'server.crashed').length, 0)
  assert.deepEqual(games(port), [])
})

test('kill -9 at many moments of one wake: one process, no gap', async t => {
  const port = await freePort()
  const roost = await startRoost({ servers: [practice('demo', port, { boot: '3s' })] })
  t.after(() => roost.stop())
  await roost.token()
  await roost.api('POST', '/v1/servers/demo/wake')
  let before = []
  for (const moment of [0, 15, 40, 90, 200, 450]) {
    await sleep(moment)
    await roost.kill9()
    await roost.restart()
    before = await kept(roost, port, before)
  }
  await roost.untilState('demo', 'ready')
  assert.equal(games(port).length, 1)
  const events = await kept(roost, port, before)
  assert.equal(events.filter(event => event.type === 'server.ready').length, 1)
  assert.equal((await roost.api('GET', '/v1/servers/demo/runs')).body.runs.length, 1)
})

test('kill -9 with a player held: the server wakes all the same and the player gets in on the next try', async t => {
  const port = await freePort()
  const roost = await startRoost({ servers: [practice('demo', port, { boot: '3s' })] })
  t.after(() => roost.stop())
  await roost.token()
  const client = new RawClient(roost.gatePort)
  client.send(handshake({ intent: 2, protocol: 340 }), loginStart('Heron', 340))
  await until('it to wake', async () => (await roost.server('demo')).state === 'waking')
  await roost.kill9()
  await client.closed
  await roost.restart()
  const player = await join({ port: roost.gatePort, version: '1.12.2', username: 'Heron' })
  player.end()
})

test('kill -9 of the game is a crash: told, restarted once, then failed with its last lines', async t => {
  const port = await freePort()
  const roost = await startRoost({ servers: [practice('demo', port, { boot: '0s' })] })
  t.after(() => roost.stop())
  await roost.api('POST', '/v1/servers/demo/wake')
  await roost.untilState('demo', 'ready')
  const [first] = games(port)
  process.kill(first, 'SIGKILL')
  const second = await until('another process', () => games(port).find(pid => pid !== first))
  await roost.untilState('demo', 'ready')
  process.kill(second, 'SIGKILL')
  const server = await roost.untilState('demo', 'failed')
  assert.match(server.reason, /kill|crash|signal|ended/i)
  const events = await roost.events('&server=demo')
  assert.equal(events.filter(event => event.type === 'server.crashed').length, 2)
  assert.ok(events.some(event => event.type === 'server.failed' && JSON.stringify(event.data).includes('tail')))
  // and the next wake leaves it
  await roost.api('POST', '/v1/servers/demo/wake')
  await roost.untilState('demo', 'ready')
})
