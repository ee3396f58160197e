// SPDX-License-Identifier: Apache-2.0
// A life with each template that comes with roost, as somebody lives it who has nothing but the
// template: declared, installed, woken by a player at the gate, asked how it is while it sleeps and
// while it runs, played, backed up, changed, slept, restored, and woken again as it was.
//
// Luanti, Teeworlds and Freeciv are Debian's own servers. Mojang's hosts are stood in for by a mirror
// (makers.mjs), Java's server by `roost practice`, Bedrock's by npm's; `tcp` and `udp` run a game of ours.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { freePort, here, sleep, startRoost, until } from './harness.mjs'
import { join as joinMinecraft, ping } from './minecraft.mjs'
import { LuantiClient } from './games/luanti.mjs'
import { TeeworldsClient } from './games/teeworlds.mjs'
import { bedrock, version as bedrockVersion } from './games/bedrock-protocol.mjs'
import { javaOf, makers } from './makers.mjs'

// Where the tests' programs are to be installed, their absence is a failure and no reason to skip.
const missing = (path, name) => !process.env.CI && !existsSync(path) && `${name} is not installed (tools/setup.sh test)`

const happened = (client, what, within = 60000) => new Promise((resolve, reject) => {
  const timer = setTimeout(() => reject(new Error(`no ${what} in ${within} ms`)), within)
  client.once(what, value => { clearTimeout(timer); resolve(value) })
})

/** What the command line says, which must succeed. */
async function run (roost, ...args) {
  const { code, stdout, stderr } = await roost.cli(args)
  assert.equal(code, 0, `roost ${args.join(' ')}: ${stderr}${stdout}\n${JSON.stringify((await roost.api('GET', '/v1/servers')).body, null, 1)}`)
  return stdout
}

const lines = async roost => (await roost.api('GET', '/v1/servers/game/console')).body.lines.map(line => line.text ?? line).join('\n')

async function goToSleep (roost) {
  await run(roost, 'sleep', 'game', '--now', '--wait')
  assert.equal((await roost.server('game')).state, 'asleep')
}

/**
 * `game`: {template, variables, more (laid over the template), settings (of roost), installs,
 * player(port, name) -> {leave}, change(what), has(what), asleep(port), awake(port)}. The changes are
 * made with a player on; `has` is asked with one on, too.
 */
async function live (t, game) {
  const gate = await freePort()
  const roost = await startRoost(game.config?.(gate) ?? {}, game.settings)
  t.after(() => roost.stop())
  const directory = join(roost.directory, 'worlds', 'game')
  const at = { roost, directory, port: game.template === 'minecraft-java' ? roost.gatePort : gate }
  const file = join(roost.directory, 'servers.yaml')
  const ports = { port: await freePort(), ...(game.template === 'minecraft-java' ? {} : { public_port: gate }) }
  writeFileSync(file, JSON.stringify({ servers: [{ name: 'game', template: game.template, variables: { ...ports, ...game.variables }, policy: { idle_after: '0' }, ...game.more }] }))
  assert.match(await run(roost, 'apply', '-f', file), /game: declared/)

  // Asleep: it answers, and is not woken by who only asks.
  await game.asleep?.(at)
  assert.equal((await roost.server('game')).state, 'asleep')

  // The first player wakes it, which installs it, and is counted.
  const robin = await game.player(at, 'robin')
  await until('robin to be counted', async () => (await roost.server('game')).players.online === 1)
  const server = await roost.server('game')
  assert.equal(server.state, 'ready', JSON.stringify(server))
  const types = (await roost.events()).map(event => event.type)
  assert.deepEqual(types.filter(type => type.startsWith('install.')), game.installs ? ['install.started', 'install.finished'] : [])
  if (game.installs) assert.ok(types.indexOf('install.finished') < types.indexOf('server.ready'))
  await until('the feed to tell of robin', async () => (await roost.events()).some(event => event.type === 'player.joined'))
  await game.awake?.(at)
  await game.change(at, 'one', robin)
  await robin.leave()
  if (!game.countsOn) await until('nobody to be counted', async () => (await roost.server('game')).players.online === 0)
  await goToSleep(roost)

  // A backup, which is read back before it counts.
  await run(roost, 'backup', 'game', '--wait')
  const { backups: [backup] } = (await roost.api('GET', '/v1/servers/game/backups')).body
  assert.equal(backup.state, 'good')
  await run(roost, 'backup', 'check', 'game', backup.id)

  // What comes behind it is undone by a restore, and nothing else is.
  const marian = await game.player(at, 'marian')
  assert.equal(await game.has(at, 'one', marian), true, 'what one player did is there for the next')
  await game.change(at, 'two', marian)
  await marian.leave()
  await goToSleep(roost)
  await run(roost, 'restore', 'game', backup.id, '--wait')
  const will = await game.player(at, 'will')
  assert.equal(await game.has(at, 'one', will), true, 'what is in the backup is back')
  assert.equal(await game.has(at, 'two', will), false, 'what came behind it is gone')
  await will.leave()
  await goToSleep(roost)
  const installs = (await roost.events()).filter(event => event.type === 'install.started')
  assert.equal(installs.length, game.installs ? 1 : 0, 'it is installed once')
  return at
}

/** Changes that are files of the world, for stand-ins that write none of interest. */
const inFiles = world => ({
  change: async ({ directory }, what) => writeFileSync(join(directory, world, what), what),
  has: async ({ directory }, what) => existsSync(join(directory, world, what))
})

test('a life with minecraft-java', async t => {
  const java = javaOf(t, '25.0.1')
  const mirrors = await makers(t)
  await live(t, {
    template: 'minecraft-java',
    variables: { eula: true, edition: 'vanilla', motd: 'Meadow', players: 7 },
    config: () => ({ outbound: { mirrors } }),
    settings: { environment: { PATH: `${java}:${process.env.PATH}` } },
    installs: true,
    async asleep ({ port }) {
      const answer = await ping({ port, host: 'any.test' })
      assert.equal(answer.players.online, 0)
      assert.match(JSON.stringify(answer.description), /asleep/i)
    },
    async awake ({ port, directory }) {
      assert.match(readFileSync(join(directory, 'server.properties'), 'utf8'), /^motd=Meadow$/m)
      assert.equal((await ping({ port, host: 'any.test' })).players.online, 1)
    },
    async player ({ port }, username) {
      const client = await joinMinecraft({ port, host: 'any.test', username, version: '1.21.4' })
      client.on('error', () => {})
      return { leave: async () => client.end() }
    },
    ...inFiles('world')
  })
})

test('a life with minecraft-bedrock', async t => {
  let archive

  await live(t, {
    template: 'minecraft-bedrock',
    variables: { eula: true, title: 'The new world', online_mode: false, players: 9 },
    config (gate) {
      archive = mkdtempSync(join(tmpdir(), 'roost-bedrock-'))
      t.after(() => rmSync(archive, { recursive: true }))
      // As in Mojang's archive: the program has no mode that says so, and settings come with it.
      writeFileSync(join(archive, 'bedrock_server'), `#!/bin/sh\nexec '${process.execPath}' '${join(here, 'games/bedrock-server.mjs')}' ${gate}\n`)
      writeFileSync(join(archive, 'server.properties'), 'server-name=Dedicated Server\nserver-port=19132\nview-distance=32\n')
      writeFileSync(join(archive, 'allowlist.json'), '[]')
      execFileSync('python3', ['-m', 'zipfile', '-c', 'server.zip', 'bedrock_server', 'server.properties', 'allowlist.json'], { cwd: archive })
      return { outbound: { mirrors: this.mirrors } }
    },
    mirrors: await makers(t, () => readFileSync(join(archive, 'server.zip'))),
    installs: true,
    async asleep ({ port }) {
      const answer = await bedrock.ping({ host: '127.0.0.1', port })
      assert.equal(answer.levelName, 'Asleep. Join to wake it up.')
    },
    async awake ({ port, directory }) {
      assert.equal((await bedrock.ping({ host: '127.0.0.1', port })).motd, 'The new world')
      assert.match(readFileSync(join(directory, 'server.properties'), 'utf8'), /^view-distance=32$/m)
      assert.equal(statSync(join(directory, 'bedrock_server')).mode & 0o777, 0o700)
    },
    async player ({ port, roost }, username) {
      const client = bedrock.createClient({ host: '127.0.0.1', port, username, offline: true, version: bedrockVersion, skipPing: true, connectTimeout: 30000, useRaknetWorkers: false })
      const failed = new Promise((resolve, reject) => client.once('error', reject))
      client.on('error', () => {})
      await Promise.race([happened(client, 'resource_packs_info', 40000), failed])
      await until(`${username} to be in the game`, async () => (await lines(roost)).includes(`Player connected: ${username}`))
      return { leave: async () => client.close() }
    },
    countsOn: true, // npm's server does not hear who leaves
    more: { udp: { idle: '5s' } },
    ...inFiles('worlds/world')
  })
})

test('a life with luanti', { skip: missing('/usr/games/minetestserver', 'minetest-server') }, async t => {
  await live(t, {
    template: 'luanti',
    variables: { game: 'devtest', title: 'Of our own', mode: true },
    more: { udp: { idle: '5s' } },
    installs: true,
    async awake ({ directory }) { assert.match(readFileSync(join(directory, 'luanti.conf'), 'utf8'), /^server_name = Of our own$/m) },
    async player ({ port, roost }, name) {
      const client = new LuantiClient(port, name)
      t.after(() => client.close())
      await happened(client, 'joined')
      await until(`${name} to be in the game`, async () => (await lines(roost)).includes(`${name} [127.`))
      return { name, leave: async () => client.leave() }
    },
    // Who was ever in the world is in it: Robin is its first change, Marian the second.
    change: async () => {},
    has: async ({ directory }, what) => readFileSync(join(directory, 'world', 'players.sqlite')).includes(what === 'one' ? 'robin' : 'marian')
  })
})

test('a life with teeworlds', { skip: missing('/usr/games/teeworlds-server', 'teeworlds-server') }, async t => {
  await live(t, {
    template: 'teeworlds',
    variables: { title: 'Of our own', type: 'ctf', map: 'ctf1' },
    more: { udp: { idle: '5s' } },
    installs: true,
    async awake ({ directory }) { assert.match(readFileSync(join(directory, 'teeworlds.cfg'), 'utf8'), /^sv_name "Of our own"$/m) },
    async player ({ port, roost }, name) {
      const before = (await lines(roost)).split('player is ready').length
      const client = new TeeworldsClient(port, { name })
      t.after(() => client.close())
      await happened(client, 'spoken')
      await until(`${name} to be known to the game`, async () => (await lines(roost)).split('player is ready').length > before)
      client.enter(name)
      await until(`${name} to be in the game`, async () => (await lines(roost)).includes(`:${name}' team=`))
      return { leave: async () => client.close() }
    },
    // It has no world; what its owner wrote into its settings is kept all the same.
    change: async ({ directory }, what) => appendFileSync(join(directory, 'teeworlds.cfg'), `# ${what}\n`),
    has: async ({ directory }, what) => readFileSync(join(directory, 'teeworlds.cfg'), 'utf8').includes(`# ${what}`)
  })
})

/** Freeciv's PACKET_SERVER_JOIN_REQ (common/networking/packets.def): u16 length, u8 type 4, then text fields and versions. */
function freecivJoin (name) {
  const text = value => Buffer.from(value + '\0')
  const number = value => { const b = Buffer.alloc(4); b.writeUInt32BE(value); return b }
  const body = Buffer.concat([Buffer.from([4]), text(name), text('+Freeciv-3.0-network ownernull16'), text(''), number(3), number(0), number(6)])
  const length = Buffer.alloc(2)
  length.writeUInt16BE(body.length + 2)
  return Buffer.concat([length, body])
}

test('a life with freeciv', { skip: missing('/usr/games/freeciv-server', 'freeciv-server') }, async t => {
  const say = async (roost, line) => assert.equal((await roost.api('POST', '/v1/servers/game/command', { line })).status, 202)
  await live(t, {
    template: 'freeciv',
    variables: { players: 2, ruleset: 'civ2civ3' },
    settings: process.getuid() === 0 ? { as: { uid: 65534, gid: 65534 } } : {}, // it does not run as root
    installs: true,
    async player ({ port, roost }, name) {
      const socket = connect(port, '127.0.0.1', () => socket.write(freecivJoin(name)))
      t.after(() => socket.destroy())
      socket.on('error', () => {})
      await happened(socket, 'data')
      await until(`${name} to be in the game`, async () => (await lines(roost)).includes(name))
      return { leave: async () => socket.destroy() }
    },
    // How long the game lasts is part of what is saved; only one that is played is saved at its end.
    async change ({ roost, directory }, what) {
      if (what === 'one') await say(roost, '/set minplayers 0')
      await say(roost, `/set endturn ${what === 'one' ? 4111 : 4222}`)
      await say(roost, '/start')
      await until('the game to be played', async () => (await lines(roost)).includes('Starting game.') && readdirSync(join(directory, 'saves')).length > 0)
    },
    async has ({ roost }, what) {
      const shown = async () => [...(await lines(roost)).matchAll(/^endturn .*?(\d{4,})/mg)].map(match => match[1])
      const before = (await shown()).length
      await say(roost, '/show endturn')
      const all = await until('an answer', async () => { const now = await shown(); return now.length > before && now })
      return all.at(-1) === (what === 'one' ? '4111' : '4222')
    }
  })
})

/** Speaks until it is answered, and hears what is said to it. */
function speaker (send) {
  const heard = []
  return {
    heard,
    async ask (text, answer) {
      heard.length = 0
      return until(`an answer to ${text}`, async () => { send(text); await sleep(200); return heard.findLast(line => line.startsWith(answer)) })
    }
  }
}

const ledger = join(here, 'games/ledger.mjs')
const inLedger = {
  change: async (at, what, player) => player.ask(what, `heard: ${what}`),
  has: async (at, what, player) => (await player.ask('?', 'all:')).split(' ').includes(what)
}

test('a life with tcp', async t => {
  await live(t, {
    template: 'tcp',
    variables: { program: ledger },
    installs: true,
    async player ({ port }, name) {
      const socket = connect(port, '127.0.0.1')
      const player = speaker(text => socket.write(text + '\n'))
      t.after(() => socket.destroy())
      socket.on('error', () => {})
      socket.on('data', data => player.heard.push(...data.toString().trim().split('\n')))
      await player.ask('?', 'all:')
      return { ...player, leave: async () => socket.destroy() }
    },
    ...inLedger
  })
})

test('a life with udp', async t => {
  await live(t, {
    template: 'udp',
    variables: { program: ledger, argument: 'udp' },
    more: { udp: { idle: '5s' } },
    installs: true,
    async player ({ port }) {
      const socket = createSocket('udp4')
      const player = speaker(text => socket.send(text, port, '127.0.0.1'))
      socket.on('error', () => {})
      socket.on('message', bytes => player.heard.push(bytes.toString()))
      await player.ask('?', 'all:')
      const again = setInterval(() => socket.send('?', port, '127.0.0.1'), 1000) // who is silent is gone
      const leave = async () => { clearInterval(again); try { socket.close() } catch {} }
      t.after(leave)
      return { ...player, leave }
    },
    ...inLedger
  })
})
