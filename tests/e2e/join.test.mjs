// SPDX-License-Identifier: Apache-2.0
// The main job, with real game servers and real clients.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { join as path } from 'node:path'
import { createRequire } from 'node:module'

import { startRoost, practice, freePort, here, sleep, until, assertGapless } from './harness.mjs'
import { join, ping, RawClient, handshake, loginStart, exchange } from './minecraft.mjs'

const mineflayer = createRequire(import.meta.url)('mineflayer')

function node (name, port, script, version, boot, hosts) {
  return {
    name,
    game: 'minecraft-java',
    hosts,
    local: { command: [process.execPath, path(here, 'games', script), version, String(port), String(boot)], directory: here },
    address: `127.0.0.1:${port}`,
    stop: { console: 'stop', within: '10s' },
    policy: { idle_after: '0', start_within: '5m' }
  }
}

test('a join wakes a sleeping flying-squid, the player is held, and plays', async t => {
  const port = await freePort()
  const roost = await startRoost({ servers: [node('squid', port, 'squid.mjs', '1.20.4', 2, ['*'])] })
  t.after(() => roost.stop())

  const asleep = await ping({ port: roost.gatePort })
  assert.equal(asleep.version.protocol, 765)
  assert.equal((await roost.server('squid')).state, 'asleep')

  const bot = mineflayer.createBot({ host: '127.0.0.1', port: roost.gatePort, username: 'Robin', version: '1.20.4', auth: 'offline', checkTimeoutInterval: 120000 })
  t.after(() => bot.end())
  await new Promise((resolve, reject) => { bot.once('spawn', resolve); bot.once('error', reject); bot.once('kicked', reason => reject(new Error(reason))) })
  const server = await roost.untilState('squid', 'ready')
  assert.equal(server.run.by, 'Robin')
  await until('Robin to be on', async () => (await roost.server('squid')).players.online === 1)
  await until('the feed to tell it', async () => (await roost.events('&type=player.joined')).length === 1)
  bot.chat('hello')
  bot.end()

  const asked = await roost.api('POST', '/v1/servers/squid/sleep')
  assert.equal(asked.status, 202)
  await roost.untilState('squid', 'asleep')

  const events = await roost.events()
  assertGapless(events)
  const types = events.filter(event => event.subject === 'squid').map(event => event.type)
  const order = ['player.knocked', 'player.held', 'server.wake_requested', 'server.phase_changed', 'server.ready', 'player.joined', 'server.sleep_requested', 'server.asleep']
  let at = -1
  for (const type of order) {
    const next = types.indexOf(type, at + 1)
    assert.notEqual(next, -1, `${type} after ${types[at]} in ${types.join(' ')}`)
    at = next
  }
})

// One roost, a server a version, all woken at once and all slow: each player is
// held past the 30 s after which a silent client gives up.
const versions = [
  ['1.8.8', 'squid.mjs'], ['1.12.2', 'squid.mjs'], ['1.13.2', 'squid.mjs'], ['1.16.5', 'squid.mjs'],
  ['1.19.4', 'squid.mjs'], ['1.20.4', 'squid.mjs'], ['1.21.4', 'squid.mjs'], ['1.21.11', 'protocol.mjs'], ['26.1', 'protocol.mjs']
]

test('a player of every version is held for over 60 s and is then in the game', async t => {
  const servers = await Promise.all(versions.map(async ([version, script]) =>
    node('v' + version.replaceAll('.', '-'), await freePort(), script, version, 62, [`${version.replaceAll('.', '-')}.test`])))
  const roost = await startRoost({ servers })
  t.after(() => roost.stop())

  const results = await Promise.allSettled(versions.map(async ([version]) => {
    const began = Date.now()
    const client = await join({ port: roost.gatePort, host: `${version.replaceAll('.', '-')}.test`, version, at: 'login', within: 240000 })
    assert.ok(Date.now() - began >= 60000, `${version} was held for over 60 s`)
    client.end()
  }))
  const failed = results.map((result, index) => [versions[index][0], result.reason?.message]).filter(([, reason]) => reason)
  assert.deepEqual(failed, [])
})

test('the gate, one practice server', async t => {
  const port = await freePort()
  const roost = await startRoost({ servers: [practice('demo', port, { boot: '3s', hosts: ['demo.test'] })] })
  t.after(() => roost.stop())

  async function sleepAgain () {
    await roost.api('POST', '/v1/servers/demo/sleep', { now: true })
    await roost.untilState('demo', 'asleep')
  }

  await t.test('pings in every form never wake it and echo the client', async () => {
    for (const [version, protocol] of [['1.8.8', 47], ['1.16.5', 754], ['1.21.4', 769]]) {
      const answer = await ping({ port: roost.gatePort, host: 'demo.test', version })
      assert.equal(answer.version.protocol, protocol)
      assert.equal(answer.players.online, 0)
    }
    for (const bytes of ['fe', 'fe01', 'fe01fa000b004d0043007c00500069006e00670048006f00730074001b4e000a006d0063002e006500780061006d0070006c0065000063dd']) {
      const answer = await exchange(roost.gatePort, Buffer.from(bytes, 'hex'))
      assert.equal(answer[0], 0xff, bytes)
      assert.equal(answer.length, 3 + 2 * answer.readUInt16BE(1), bytes)
    }
    assert.equal((await roost.server('demo')).state, 'asleep')
  })

  await t.test('a scanner that sends a login and leaves does not wake it', async () => {
    for (let i = 0; i < 5; i++) {
      await exchange(roost.gatePort, Buffer.concat([handshake({ host: 'demo.test', intent: 2 }), loginStart('scanner')]), { within: 200, end: true })
    }
    await sleep(500)
    assert.equal((await roost.server('demo')).state, 'asleep')
  })

  await t.test('a host nobody declared gets its own answer and wakes nothing', async () => {
    const answer = await ping({ port: roost.gatePort, host: 'elsewhere.test' }).catch(error => error)
    assert.ok(answer)
    await assert.rejects(join({ port: roost.gatePort, host: 'elsewhere.test', version: '1.20.4', within: 10000 }))
    assert.equal((await roost.server('demo')).state, 'asleep')
  })

  await t.test('a transfer (intent 3) wakes it as a join does', async () => {
    const client = new RawClient(roost.gatePort)
    client.send(handshake({ host: 'DEMO.test.', intent: 3 }), loginStart('Wren'))
    await until('a hold request', () => client.frames.length > 0)
    assert.equal(client.frames[0][0], 0x04)
    await roost.untilState('demo', 'ready')
    client.leave()
    await sleepAgain()
  })

  await t.test('a client that never answers the hold is let in as well', async () => {
    const client = new RawClient(roost.gatePort)
    client.send(handshake({ host: 'demo.test', intent: 2 }), loginStart('Mute'))
    await roost.untilState('demo', 'ready')
    await until('login success', () => client.frames.some(one => one[0] === 0x02 || one[0] === 0x03))
    client.leave()
    await sleepAgain()
  })

  await t.test('a client that leaves is forgotten and the wake goes on', async () => {
    const client = new RawClient(roost.gatePort)
    client.send(handshake({ host: 'demo.test\0FML2\0', intent: 2 }), loginStart('Hasty'))
    await until('a hold request', () => client.frames.length > 0)
    const id = client.frames[0].subarray(1, 6)
    client.send(Buffer.concat([Buffer.from([7, 2]), id, Buffer.from([0])]))
    await until('it to wake', async () => (await roost.server('demo')).state !== 'asleep')
    client.leave()
    await until('nobody to be held', async () => (await roost.server('demo')).held === 0)
    await roost.untilState('demo', 'ready')
    await sleepAgain()
  })

  await t.test('ten that join at once make one run and all get in', async () => {
    const runs = (await roost.api('GET', '/v1/servers/demo/runs')).body.runs.length
    const clients = await Promise.all(Array.from({ length: 10 }, (_, i) =>
      join({ port: roost.gatePort, host: 'demo.test', version: '1.20.4', username: `bird${i}` })))
    await until('all ten to be on', async () => (await roost.server('demo')).players.online === 10)
    for (const client of clients) client.end()
    await sleepAgain()
    assert.equal((await roost.api('GET', '/v1/servers/demo/runs')).body.runs.length, runs + 1)
  })
})

test('a held player is told when the start fails, and why', async t => {
  const port = await freePort()
  const roost = await startRoost({ servers: [practice('broken', port, { boot: '3s', options: ['--fail-boot'], policy: { restarts: 0 } })] })
  t.after(() => roost.stop())
  const error = await join({ port: roost.gatePort, version: '1.20.4', within: 60000 }).then(() => assert.fail('it got in'), error => error)
  assert.match(error.kicked ?? '', /start/i)
  const server = await roost.untilState('broken', 'failed')
  assert.ok(server.reason.length > 10)
  assert.equal((await ping({ port: roost.gatePort })).version.protocol, 765)
})
