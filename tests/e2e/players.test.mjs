// SPDX-License-Identifier: Apache-2.0
// Who plays, from when to when: by a vanilla console, by a real game that prints nothing of
// the kind, and through deaths of roost and of the game.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { join as path } from 'node:path'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'

import { startRoost, practice, freePort, here, sleep, until, assertGapless } from './harness.mjs'
import { join } from './minecraft.mjs'

/** As a server that asks nobody has it: version 3, of "OfflinePlayer:NAME". */
function uuidOf (name) {
  const bytes = createHash('md5').update(`OfflinePlayer:${name}`).digest()
  bytes[6] = (bytes[6] & 0x0f) | 0x30
  bytes[8] = (bytes[8] & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

const sessions = async (roost, query = '') => (await roost.api('GET', `/v1/servers/demo/sessions${query}`)).body
const seen = async (roost, name) => (await roost.api('GET', '/v1/servers/demo/players')).body.seen.find(player => player.player === name)
const told = async (roost, type, name) => (await roost.events(`&type=${type}`)).filter(event => event.data.player === name)
const open = async roost => (await sessions(roost)).sessions.filter(session => session.logout === null)
const isOn = (roost, name) => until(`${name} to be on`, async () => (await open(roost)).find(session => session.player === name))
const isOff = (roost, name) => until(`${name} to have left`, async () => (await told(roost, 'player.left', name)).length > 0, 40000)

async function ready (config = {}) {
  const port = await freePort()
  const roost = await startRoost({ servers: [practice('demo', port, { boot: '0s', ...config })] })
  await roost.api('POST', '/v1/servers/demo/wake')
  await roost.untilState('demo', 'ready')
  return { roost, port }
}

/** The game's processes: `roost practice` of this test's port, supervisors left out. */
function games (port) {
  return readdirSync('/proc').filter(n => /^\d+$/.test(n)).filter(pid => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      return words[1] === 'practice' && words.includes(`127.0.0.1:${port}`)
    } catch { return false }
  }).map(Number)
}

test('a visit is a session by UUID; coming back within seconds is the same one', async t => {
  const { roost } = await ready()
  t.after(() => roost.stop())

  const first = await join({ port: roost.gatePort, username: 'Robin', version: '1.20.4' })
  const begun = await isOn(roost, 'Robin')
  assert.equal(begun.uuid, uuidOf('Robin'))
  assert.match(begun.login, /^\d{4}-.*Z$/)
  await sleep(3000)
  first.end()
  await sleep(3000)
  const again = await join({ port: roost.gatePort, username: 'Robin', version: '1.20.4' })
  await sleep(3000)
  assert.equal((await isOn(roost, 'Robin')).id, begun.id)
  again.end()
  await isOff(roost, 'Robin')

  const { sessions: list, players } = await sessions(roost, '?player=Robin')
  assert.equal(list.length, 1)
  assert.ok(list[0].play_ms >= 8000 && list[0].play_ms < 30000, `${list[0].play_ms} ms`)
  assert.equal(Date.parse(list[0].logout) - Date.parse(list[0].login), list[0].play_ms)
  assert.equal(list[0].how, 'Disconnected')
  assert.equal((await told(roost, 'player.joined', 'Robin')).length, 1)
  assert.equal((await told(roost, 'player.left', 'Robin')).length, 1)
  assert.deepEqual(players.map(player => [player.uuid, player.sessions, player.play_ms, player.first_seen, player.last_seen]),
    [[uuidOf('Robin'), 1, list[0].play_ms, list[0].login, list[0].logout]])
  assert.deepEqual((await sessions(roost, `?player=${uuidOf('Robin')}`)).sessions, list)
})

test('kill -9 of roost: who stays is in one session, who left or came meanwhile is told of once', async t => {
  const { roost, port } = await ready()
  t.after(() => roost.stop())

  // Past the gate, which dies with roost.
  const stays = await join({ port, username: 'Robin', version: '1.20.4' })
  const leaves = await join({ port, username: 'Wren', version: '1.16.5' })
  const begun = await isOn(roost, 'Robin')
  await isOn(roost, 'Wren')
  await roost.kill9()
  leaves.end()
  const comes = await join({ port, username: 'Heron', version: '1.21.4' })
  await sleep(1500)
  await roost.restart()
  await isOff(roost, 'Wren')
  assert.equal((await isOn(roost, 'Robin')).id, begun.id)
  await isOn(roost, 'Heron')
  for (const name of ['Robin', 'Wren', 'Heron']) assert.equal((await told(roost, 'player.joined', name)).length, 1, name)
  assert.equal((await told(roost, 'player.left', 'Wren')).length, 1)
  assert.equal((await told(roost, 'player.left', 'Robin')).length, 0)

  await roost.kill9()
  await roost.restart()
  stays.end()
  await isOff(roost, 'Robin')
  const robin = await seen(roost, 'Robin')
  assert.equal(robin.sessions, 1)
  assert.ok(robin.play_ms >= Date.parse(robin.last_seen) - Date.parse(begun.login) - 1)
  assert.equal((await told(roost, 'player.joined', 'Heron')).length, 1, 'nothing is heeded twice')
  comes.end()
  assertGapless(await roost.events())
})

test('kill -9 of the game ends its sessions with it, and of both at once too', async t => {
  const { roost, port } = await ready({ policy: { restarts: 0 } })
  t.after(() => roost.stop())

  async function play (name) {
    const client = await join({ port: roost.gatePort, username: name, version: '1.20.4' })
    await isOn(roost, name)
    client.on('error', () => {})
    return client
  }
  await play('Robin')
  process.kill(games(port)[0], 'SIGKILL')
  await roost.untilState('demo', 'failed')
  await isOff(roost, 'Robin')
  assert.equal((await sessions(roost)).sessions[0].how, 'the game ended')

  await roost.api('POST', '/v1/servers/demo/wake')
  await roost.untilState('demo', 'ready')
  await play('Wren')
  await roost.kill9()
  process.kill(games(port)[0], 'SIGKILL')
  await roost.restart()
  await roost.untilState('demo', 'failed')
  await isOff(roost, 'Wren')
  const { sessions: list } = await sessions(roost)
  assert.equal(list.length, 2)
  for (const session of list) assert.ok(session.logout !== null && session.play_ms < 60000)
})

test('one name in different case is two players, and what is said in the chat is nobody', async t => {
  const { roost, port } = await ready()
  t.after(() => roost.stop())

  const robin = await join({ port, username: 'Robin', version: '1.16.5' })
  const other = await join({ port, username: 'robin', version: '1.16.5' })
  await isOn(roost, 'Robin')
  await isOn(roost, 'robin')
  for (const said of ['Steve joined the game', '[Server] Steve joined the game', '] [Server thread/INFO]: Steve joined the game',
    '[12:00:00] [Server thread/INFO]: Steve joined the game', 'robin left the game']) robin.write('chat', { message: said })
  await roost.api('POST', '/v1/servers/demo/command', { line: 'say Steve joined the game' })
  await until('the chat to be on the console', async () =>
    (await roost.api('GET', '/v1/servers/demo/console')).body.lines.some(line => line.endsWith('[Server] Steve joined the game')))
  robin.end()
  await isOff(roost, 'Robin')
  await isOn(roost, 'robin')
  assert.deepEqual((await open(roost)).map(session => session.uuid), [uuidOf('robin')])
  assert.equal((await roost.events('&type=player.joined')).length, 2)
  other.end()
  await isOff(roost, 'robin')
  assert.equal((await sessions(roost, '?player=robin')).sessions.length, 1)
})

function node (port, script, version) {
  return {
    name: 'demo',
    game: 'minecraft-java',
    hosts: ['*'],
    local: { command: [process.execPath, path(here, 'games', script), version, String(port)], directory: here },
    address: `127.0.0.1:${port}`,
    stop: { console: 'stop', within: '10s' },
    policy: { idle_after: '0', start_within: '5m' }
  }
}

test('flying-squid tells nobody\'s name: who comes through the gate is known', async t => {
  const port = await freePort()
  const roost = await startRoost({ servers: [node(port, 'squid.mjs', '1.16.5')] })
  t.after(() => roost.stop())
  const through = await join({ port: roost.gatePort, username: 'Robin', version: '1.16.5', at: 'login' })
  await isOn(roost, 'Robin')
  const past = await join({ port, username: 'Wren', version: '1.16.5', at: 'login' })
  await until('two to be counted', async () => (await roost.server('demo')).players.online === 2)
  assert.deepEqual((await roost.server('demo')).players.names, ['Robin'])
  through.end()
  await isOff(roost, 'Robin')
  past.end()
  const { sessions: list } = await sessions(roost)
  assert.deepEqual(list.map(session => session.player), ['Robin'])
  assert.ok(list[0].play_ms > 1000)
})

test('a game that only lists its players: they are known by its list, also after kill -9', async t => {
  const port = await freePort()
  const roost = await startRoost({ servers: [node(port, 'protocol.mjs', '1.16.5')] })
  t.after(() => roost.stop())
  await roost.api('POST', '/v1/servers/demo/wake')
  await roost.untilState('demo', 'ready')
  const clients = []
  for (const username of ['Robin', 'Wren']) clients.push(await join({ port, username, version: '1.16.5', at: 'login' }))
  const begun = await isOn(roost, 'Robin')
  await isOn(roost, 'Wren')
  assert.deepEqual((await roost.server('demo')).players.names.toSorted(), ['Robin', 'Wren'])
  await roost.kill9()
  await roost.restart()
  await until('both to be shown again', async () => (await roost.server('demo')).players.names.length === 2)
  assert.equal((await isOn(roost, 'Robin')).id, begun.id)
  for (const client of clients) client.end()
  await isOff(roost, 'Robin')
  await isOff(roost, 'Wren')
  assert.equal((await roost.events('&type=player.joined')).length, 2)
  assert.equal((await roost.events('&type=player.left')).length, 2)
})

test('what the command line says of players', async t => {
  const { roost } = await ready()
  t.after(() => roost.stop())

  assert.match((await roost.cli(['players', 'demo'])).stdout, /^Nobody is on demo\.\n$/)
  const robin = await join({ port: roost.gatePort, username: 'Robin', version: '1.20.4' })
  await isOn(roost, 'Robin')
  let said = await roost.cli(['players', 'demo'])
  assert.match(said.stdout, /1 of 20 on demo\.\nPLAYER +LAST SEEN +PLAYED +VISITS +FIRST SEEN\nRobin +on since [\d:]+ +\d+ s +1 +[\d:]+\n/)
  robin.end()
  await isOff(roost, 'Robin')
  said = await roost.cli(['players', 'demo', '--player', 'Robin'])
  assert.match(said.stdout, new RegExp(`^Robin \\(${uuidOf('Robin')}\\) played \\d+ s in 1 visits?, first`))
  assert.match(said.stdout, /PLAYER +CAME +WENT +PLAYED +HOW\nRobin +[\d:]+ +[\d:]+ +\d+ s +Disconnected\n/)
  said = await roost.cli(['players', 'demo', '--sessions', '--json'])
  assert.equal(JSON.parse(said.stdout).sessions[0].player, 'Robin')
  said = await roost.cli(['players', 'nothing'])
  assert.equal(said.code, 1)
  assert.match(said.stderr, /No server is called nothing/)
})
