// SPDX-License-Identifier: Apache-2.0
// Games over UDP at the gate: real servers (Debian's minetest-server and
// teeworlds-server, npm's bedrock-protocol), clients that speak their protocols as the
// real ones do, and queries by programs that know nothing of roost.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSocket } from 'node:dgram'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { GameDig } from 'gamedig'
import { startRoost, freePort, here, sleep, until } from './harness.mjs'
import { LuantiClient } from './games/luanti.mjs'
import { TeeworldsClient } from './games/teeworlds.mjs'
import { bedrock, version as bedrockVersion } from './games/bedrock-protocol.mjs'

const minetest = '/usr/games/minetestserver'
const teeworlds = '/usr/games/teeworlds-server'
// Where the tests' programs are to be installed, their absence is a failure and no reason to skip.
const missing = (path, name) => !process.env.CI && !existsSync(path) && `${name} is not installed (tools/setup.sh test)`

const lines = async (roost, name) => (await roost.api('GET', `/v1/servers/${name}/console`)).body.lines.map(line => line.text ?? line).join('\n')
const happened = (client, what, within = 60000) => new Promise((resolve, reject) => {
  const timer = setTimeout(() => reject(new Error(`no ${what} in ${within} ms`)), within)
  client.once(what, value => { clearTimeout(timer); resolve(value) })
})

/** A declaration of the game that says back what it hears. */
function echo (name, port, gate, { boot = 0, policy = {}, ...rest } = {}) {
  return {
    name,
    game: 'udp',
    listen: [`127.0.0.1:${gate}`],
    local: { command: [process.execPath, join(here, 'games/udp.mjs'), String(port), String(boot)], directory: here },
    address: `127.0.0.1:${port}`,
    stop: { signal: 'TERM', within: '10s' },
    policy: { idle_after: '0', ...policy },
    ...rest
  }
}

/** One that speaks until it is answered, and remembers what it heard. */
function caller (port) {
  const socket = createSocket('udp4')
  const heard = []
  socket.on('error', () => {})
  socket.on('message', bytes => heard.push(bytes.toString()))
  return {
    heard,
    say: text => new Promise(resolve => socket.send(text, port, '127.0.0.1', resolve)),
    async until (text, every = 250, within = 30000) {
      await until(`an answer to ${text}`, async () => { await this.say(text); await sleep(every); return heard.includes(`heard: ${text}`) }, within)
    },
    close: () => socket.close()
  }
}

test('Luanti: a player wakes the real server, plays, outlives roost, and it sleeps when they are gone', { skip: missing(minetest, 'minetest-server') }, async t => {
  const [port, gate] = [await freePort(), await freePort()]
  const directory = mkdtempSync(join(tmpdir(), 'roost-luanti-'))
  writeFileSync(join(directory, 'minetest.conf'), 'bind_address = 127.0.0.1\nenable_ipv6 = false\nserver_announce = false\n')
  const roost = await startRoost({
    servers: [{
      name: 'luanti',
      game: 'udp',
      listen: [`127.0.0.1:${gate}`],
      udp: { first_bytes: '4f457403', idle: '5s' },
      local: {
        command: [minetest, '--gameid', 'devtest', '--world', join(directory, 'world'), '--port', String(port), '--config', join(directory, 'minetest.conf')],
        directory,
        environment: { HOME: directory }
      },
      address: `127.0.0.1:${port}`,
      stop: { signal: 'TERM', within: '20s' },
      policy: { idle_after: '2s', grace: '0' }
    }]
  })
  t.after(async () => { await roost.stop(); rmSync(directory, { recursive: true, force: true }) })
  assert.equal((await roost.server('luanti')).address, `127.0.0.1:${gate}`)

  const client = new LuantiClient(gate, 'robin')
  t.after(() => client.close())
  const hello = await happened(client, 'hello')
  assert.equal(hello.serialization, 29)
  await happened(client, 'joined')
  await until('robin to be in the game', async () => (await lines(roost, 'luanti')).includes('robin [127.'))
  const server = await until('one player', async () => { const s = await roost.server('luanti'); return s.players.online === 1 && s })
  assert.equal(server.state, 'ready')
  const joined = await until('the feed to tell of it', async () => (await roost.events()).find(event => event.type === 'player.joined'))
  assert.equal(joined.data.address, '127.0.0.1')

  await roost.kill9()
  await sleep(1500)
  await roost.restart()
  client.say('still here')
  await until('the game to hear the player', async () => (await lines(roost, 'luanti')).includes('<robin> still here'), 20000)
  await until('one player again', async () => (await roost.server('luanti')).players.online === 1)
  assert.doesNotMatch(await lines(roost, 'luanti'), /robin leaves game|timed out/)

  client.leave()
  await until('nobody', async () => (await roost.server('luanti')).players.online === 0)
  await roost.untilState('luanti', 'asleep')
})

test('Teeworlds: the token handshake goes through the gate, and wakes the real server', { skip: missing(teeworlds, 'teeworlds-server') }, async t => {
  const [port, gate] = [await freePort(), await freePort()]
  const roost = await startRoost({
    servers: [{
      name: 'teeworlds',
      game: 'udp',
      listen: [`127.0.0.1:${gate}`],
      local: { command: [teeworlds, `sv_port ${port}`, 'bindaddr 127.0.0.1', 'sv_register 0'], directory: '/tmp', environment: { HOME: '/tmp' } },
      address: `127.0.0.1:${port}`,
      ready_line: 'server name is',
      stop: { signal: 'TERM', within: '10s' },
      policy: { idle_after: '0' }
    }]
  })
  t.after(() => roost.stop())
  const client = new TeeworldsClient(gate)
  t.after(() => client.close())
  await happened(client, 'spoken')
  await until('the server to know the player', async () => (await lines(roost, 'teeworlds')).includes('player is ready'))
  assert.equal((await roost.server('teeworlds')).state, 'ready')
  await until('the player to be counted', async () => (await roost.server('teeworlds')).players.online === 1)
})

test('a Bedrock client sees how a sleeping server is, wakes it and joins', async t => {
  const gate = await freePort()
  const roost = await startRoost({
    servers: [{
      name: 'bedrock',
      game: 'minecraft-bedrock',
      listen: [`127.0.0.1:${gate}`],
      motd: 'The old world',
      local: { command: [process.execPath, join(here, 'games/bedrock.mjs'), '127.0.0.2', String(gate), '1'], directory: here },
      address: `127.0.0.2:${gate}`,
      policy: { idle_after: '0' }
    }]
  })
  t.after(() => roost.stop())
  const asleep = await bedrock.ping({ host: '127.0.0.1', port: gate })
  assert.equal(asleep.motd, 'The old world')
  assert.equal(asleep.levelName, 'Asleep. Join to wake it up.')
  assert.equal(asleep.playersOnline, 0)
  assert.equal(Number(asleep.portV4), gate)
  assert.equal((await GameDig.query({ type: 'protocol-minecraftbedrock', host: '127.0.0.1', port: gate, givenPortOnly: true })).name, 'The old world')
  await sleep(500)
  assert.equal((await roost.server('bedrock')).state, 'asleep')

  const client = bedrock.createClient({ host: '127.0.0.1', port: gate, username: 'robin', offline: true, version: bedrockVersion, skipPing: true, connectTimeout: 20000, useRaknetWorkers: false })
  t.after(() => client.close())
  const failed = new Promise((resolve, reject) => client.once('error', reject))
  client.on('error', () => {}) // what it says of a server that is stopped behind its back
  await Promise.race([happened(client, 'resource_packs_info', 30000), failed])
  assert.match(await lines(roost, 'bedrock'), /robin joined/)
  assert.equal((await roost.server('bedrock')).state, 'ready')
  const awake = await bedrock.ping({ host: '127.0.0.1', port: gate })
  assert.equal(awake.motd, 'a bedrock server')
})

test('a Source server is queried through the gate, asleep and awake, and woken by who connects', async t => {
  const [port, rcon, gate] = [await freePort(), await freePort(), await freePort()]
  const roost = await startRoost({
    servers: [{
      name: 'source',
      game: 'source',
      listen: [`127.0.0.1:${gate}`],
      motd: 'The range',
      local: { command: [process.execPath, join(here, 'games/source.mjs'), String(port), String(rcon), 'secret'], directory: here },
      address: `127.0.0.1:${port}`,
      stop: { signal: 'TERM', within: '5s' },
      policy: { idle_after: '0' }
    }]
  })
  t.after(() => roost.stop())
  const look = () => GameDig.query({ type: 'protocol-valve', host: '127.0.0.1', port: gate, givenPortOnly: true, requestRules: true, maxRetries: 3 })
  const asleep = await look()
  assert.equal(asleep.name, 'The range')
  assert.equal(asleep.map, 'asleep')
  assert.equal(asleep.players.length, 0)
  await sleep(300)
  assert.equal((await roost.server('source')).state, 'asleep')
  const client = caller(gate)
  t.after(() => client.close())
  await until('a client that connects to wake it', async () => {
    await client.say(Buffer.from('ffffffff71000000003030303030303030303000', 'hex'))
    await sleep(250)
    return (await roost.server('source')).state !== 'asleep'
  })
  await roost.untilState('source', 'ready')
  assert.equal((await look()).name, 'a source game')
})

test('what only asks once wakes nothing; who speaks on does, is held, and heard', async t => {
  const [port, gate] = [await freePort(), await freePort()]
  const roost = await startRoost({
    gate: { limits: { logins: { per_second: 0 }, connections: { per_second: 0 } } },
    servers: [echo('echo', port, gate, { boot: 1 })]
  })
  t.after(() => roost.stop())
  for (let i = 0; i < 1000; i++) {
    const scanner = caller(gate)
    await scanner.say('anybody there?')
    scanner.close()
  }
  await sleep(500)
  assert.equal((await roost.server('echo')).state, 'asleep')
  const metrics = await (await fetch(roost.url + '/metrics')).text()
  assert.match(metrics, /roost_gate_datagrams_dropped_total\{reason="unproved"\} 1000\n/)

  const players = [caller(gate), caller(gate), caller(gate)]
  await Promise.all(players.map((player, i) => player.until(`player ${i}`)))
  assert.equal((await roost.server('echo')).state, 'ready')
  players.forEach((player, i) => assert.ok(player.heard.every(text => text === `heard: player ${i}`), player.heard.join()))
  await until('all to be counted', async () => { for (const [i, player] of players.entries()) await player.say(`player ${i}`); return (await roost.server('echo')).players.online === 3 })

  // The server is put to sleep under them: what they say on does not wake it again.
  await roost.api('POST', '/v1/servers/echo/sleep', { now: true })
  await until('it to sleep', async () => { for (const [i, player] of players.entries()) await player.say(`player ${i}`); return (await roost.server('echo')).state === 'asleep' })
  for (let k = 0; k < 8; k++) { for (const [i, player] of players.entries()) await player.say(`player ${i}`); await sleep(200) }
  assert.equal((await roost.server('echo')).state, 'asleep')
  // A player that starts anew does.
  const again = caller(gate)
  await again.until('again')
  for (const player of [...players, again]) player.close()
})

test('a port that somebody else has refuses the start, with its reason', async t => {
  const [port, gate] = [await freePort(), await freePort()]
  const stranger = createSocket('udp4')
  await new Promise(resolve => stranger.bind(port, '127.0.0.1', resolve))
  const roost = await startRoost({ servers: [echo('echo', port, gate)] })
  t.after(() => roost.stop())
  await roost.api('POST', '/v1/servers/echo/wake')
  const failed = await roost.untilState('echo', 'failed')
  assert.match(failed.reason, /another program already listens at 127\.0\.0\.1/)
  stranger.close()
  await roost.api('POST', '/v1/servers/echo/wake')
  await roost.untilState('echo', 'ready')
})
