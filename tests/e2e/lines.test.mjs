// SPDX-License-Identifier: Apache-2.0
// A game that roost knows nothing of, but what its declaration says of its console: who comes and
// who goes, when it has saved, and a secret of its environment.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { startRoost, freePort, here, root, sleep, until } from './harness.mjs'
import { LuantiClient } from './games/luanti.mjs'
import { TeeworldsClient } from './games/teeworlds.mjs'

const digest = text => createHash('sha256').update(text).digest('hex').slice(0, 16)

async function words (directory, { policy = {}, local = {}, ...more } = {}) {
  const port = await freePort()
  mkdirSync(directory, { recursive: true })
  return {
    name: 'words',
    game: 'tcp',
    listen: [`127.0.0.1:${await freePort()}`],
    local: { command: [process.execPath, join(here, 'games/words.mjs'), String(port)], directory, ...local },
    address: `127.0.0.1:${port}`,
    joined_lines: '{time} * {player} walks in',
    left_lines: ['{time} * {player} walks out ({reason})'],
    stop: { console: 'stop', within: '10s' },
    policy: { idle_after: '0', grace: '0', ...policy },
    ...more
  }
}

const gate = server => Number(server.listen[0].split(':').at(-1))

async function player (port, name) {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(`${name}\n`)
  return socket
}

const console_ = async (roost, name = 'words') => JSON.stringify((await roost.api('GET', `/v1/servers/${name}/console`)).body)

/** A directory that goes when roost has. */
function place (t) {
  const directory = mkdtempSync(join(tmpdir(), 'roost-words-'))
  const start = async config => {
    const roost = await startRoost(config)
    t.after(async () => { await roost.stop(); rmSync(directory, { recursive: true, force: true, maxRetries: 5 }) })
    return roost
  }
  return { directory, start }
}

test('who comes and goes is known by name, chat is not believed, and an open connection keeps nothing awake', async t => {
  const { directory, start } = place(t)
  const server = await words(join(directory, 'game'), { policy: { idle_after: '4s' } })
  const roost = await start({ servers: [server] })

  const robin = await player(gate(server), 'robin')
  t.after(() => robin.destroy())
  const seen = await until('robin to be on', async () => { const s = await roost.server('words'); return s.players.names.includes('robin') && s.players.online === 1 && s }, 30000)
  assert.deepEqual(seen.players.names, ['robin'])
  robin.write('2026-11-21T10:00:00.000Z * eve walks in\n')
  robin.write('* robin walks out (not really)\n')
  await until('robin to be heard', async () => (await console_(roost)).includes('not really'))
  await sleep(6000)
  assert.deepEqual((await roost.server('words')).players.names, ['robin'])
  assert.equal((await roost.server('words')).state, 'ready')

  robin.write('bye\n')
  await until('nobody to be on', async () => (await roost.server('words')).players.online === 0)
  await roost.untilState('words', 'asleep')
  const told = (await roost.events()).filter(event => event.type.startsWith('player.') && event.type !== 'player.knocked' && event.type !== 'player.held')
  assert.deepEqual(told.map(event => [event.type, event.data.player]), [['player.joined', 'robin'], ['player.left', 'robin']])
  assert.equal(told[1].data.how, 'tired')
  const { sessions } = (await roost.api('GET', '/v1/servers/words/sessions')).body
  assert.equal(sessions.length, 1)
  assert.equal(sessions[0].player, 'robin')
  assert.ok(sessions[0].logout)
})

test('who left while roost was dead has left', async t => {
  const { directory, start } = place(t)
  const server = await words(join(directory, 'game'))
  const roost = await start({ servers: [server] })
  const robin = await player(gate(server), 'robin')
  await until('robin to be on', async () => (await roost.server('words')).players.names.includes('robin'), 30000)
  await roost.kill9()
  robin.destroy()
  await sleep(500)
  await roost.restart()
  await until('robin to have left', async () => (await roost.events()).some(event => event.type === 'player.left' && event.data.player === 'robin' && event.data.how === 'gone'), 30000)
  assert.equal((await roost.server('words')).players.online, 0)
  assert.equal((await roost.events()).filter(event => event.type === 'player.joined').length, 1)
})

for (const held of [true, false]) {
  test(`a world is copied while it runs, ${held ? 'held still' : 'written'} by the game's own words, and restored byte for byte`, async t => {
    const { directory, start } = place(t)
    const backup = { paths: ['world'], save_command: 'write', saved_line: '{time} = written at {*}', ...(held ? { hold_command: 'hush', resume_command: 'go on' } : {}) }
    const server = await words(join(directory, 'game'), { backup })
    const other = { ...await words(join(directory, 'other'), { backup }), name: 'other' }
    const roost = await start({ servers: [server, other] })
      await roost.api('POST', '/v1/servers/words/wake')
    await roost.untilState('words', 'ready')
    const eve = await player(gate(server), 'eve')
    t.after(() => eve.destroy())
    await until('eve to be on', async () => (await roost.server('words')).players.online === 1)

    assert.equal((await roost.api('POST', '/v1/servers/words/backups')).status, 202)
    const said = await until('the game to be told', async () => { eve.write('2026-11-21T10:00:00.000Z = written at 0\n'); return (await console_(roost)).includes('= written at 0') })
    assert.ok(said)
    const one = await until('the copy to be good', async () => (await roost.api('GET', '/v1/servers/words/backups')).body.backups.find(b => b.state === 'good'), 30000)
    assert.equal(one.missed ?? 0, 0)
    const text = await console_(roost)
    const written = text.match(/Z = written at (\d+)"/g).map(line => Number(line.match(/at (\d+)/)[1])).filter(at => at > 0)
    if (held) {
      assert.match(text, /hushed/)
      await until('it to be let go', async () => (await console_(roost)).includes('going on'))
    } else assert.doesNotMatch(text, /hushed/)

    assert.equal((await roost.api('POST', `/v1/servers/words/backups/${one.id}/restore`, { to: 'other' })).status, 202)
    await until('the restore', async () => (await roost.events()).some(event => event.type === 'restore.finished'), 30000)
    const restored = ['left', 'right'].map(file => Number(readFileSync(join(directory, 'other/world', file), 'utf8')))
    if (held) assert.deepEqual(restored, [written.at(-1), written.at(-1)])
    else assert.ok(restored.every(beats => beats >= written[0]))
  })
}

test('a secret of its environment is in the game and nowhere else', async t => {
  const { directory, start } = place(t)
  const secret = 'correct-horse-battery'
  writeFileSync(join(directory, 'secret'), `${secret}\n`)
  chmodSync(join(directory, 'secret'), 0o644)
  const server = await words(join(directory, 'game'), { local: { environment_files: { PASSWORD: join(directory, 'secret') } }, policy: { start_within: '20s' } })
  const roost = await start({ servers: [server] })
  await roost.api('POST', '/v1/servers/words/wake')
  await roost.untilState('words', 'failed')
  assert.match((await roost.server('words')).reason, /PASSWORD.*chmod 600/)

  chmodSync(join(directory, 'secret'), 0o600)
  await roost.api('POST', '/v1/servers/words/wake')
  await roost.untilState('words', 'ready')
  await until('the game to know it', async () => (await console_(roost)).includes(digest(secret)))
  const declared = (await roost.api('GET', '/v1/servers/words')).body
  assert.doesNotMatch(JSON.stringify(declared), new RegExp(secret))
  assert.doesNotMatch(JSON.stringify(await roost.events()), new RegExp(secret))
  assert.doesNotMatch(execFileSync('ps', ['-eo', 'args']).toString(), new RegExp(secret))
  for (const where of [roost.dataDir, join(directory, 'game')]) assert.throws(() => execFileSync('grep', ['-rqs', secret, where]), { status: 1 })
})

/** A shipped template's lines. */
function shippedLines (template) {
  const text = readFileSync(join(root, 'templates', `${template}.yaml`), 'utf8')
  const of = name => [...text.matchAll(new RegExp(`^  ${name}:((?: "[^"]*")|(?:\\n    - "[^"]*")+)`, 'gm'))].flatMap(found => [...found[1].matchAll(/"([^"]*)"/g)].map(line => line[1]))
  return { joined_lines: of('joined_lines'), left_lines: of('left_lines') }
}

// It will not run as root.
const unprivileged = process.getuid() === 0 ? ['/usr/bin/setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : []
const real = {
  luanti: {
    program: '/usr/games/minetestserver',
    game: 'udp',
    command: (port, directory) => ['--gameid', 'devtest', '--world', join(directory, 'world'), '--port', String(port), '--config', join(directory, 'minetest.conf')],
    ready_line: 'listening on',
    name: 'robin',
    join: async (gate, name) => {
      const client = new LuantiClient(gate, name)
      await new Promise(resolve => client.once('joined', resolve))
      client.say('eve [127.0.0.1] joins game. List of players: eve')
      return () => client.leave()
    }
  },
  teeworlds: {
    program: '/usr/games/teeworlds-server',
    game: 'udp',
    command: port => [`sv_port ${port}`, 'bindaddr 127.0.0.1', 'sv_register 0'],
    ready_line: 'server name is',
    name: 'the robin',
    join: async (gate, name) => {
      const client = new TeeworldsClient(gate)
      await new Promise(resolve => client.once('spoken', resolve))
      await sleep(500)
      client.enter(name)
      await sleep(1000)
      client.say("][game]: team_join player='0:eve' team=0")
      return () => client.close()
    }
  },
  freeciv: {
    program: '/usr/games/freeciv-server',
    game: 'tcp',
    as: unprivileged,
    command: (port, directory) => ['--bind', '127.0.0.1', '--port', String(port), '--saves', directory],
    name: 'robin hood',
    join: async (gate, name) => {
      const text = value => Buffer.from(value + '\0')
      const body = Buffer.concat([Buffer.from([4]), text(name), text('+Freeciv-3.0-network ownernull16'), text(''), Buffer.from([0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 6])])
      const socket = connect(gate, '127.0.0.1', () => socket.write(Buffer.concat([Buffer.from([0, body.length + 2]), body])))
      socket.on('error', () => {}).resume()
      return () => socket.destroy()
    }
  }
}

for (const [template, { program, game, as = [], command, ready_line: readyLine, name, join: enter }] of Object.entries(real)) {
  test(`${template}: the shipped template's lines are what the real server prints`, { skip: !existsSync(program) && `${program} is not installed` }, async t => {
    const { directory, start } = place(t)
    chmodSync(directory, 0o777)
    writeFileSync(join(directory, 'minetest.conf'), 'bind_address = 127.0.0.1\nenable_ipv6 = false\nserver_announce = false\n')
    const [port, gatePort] = [await freePort(), await freePort()]
    const lines = shippedLines(template)
    assert.ok(lines.joined_lines.length > 0 && lines.left_lines.length > 0)
    const roost = await start({
      servers: [{
        name: 'real',
        game,
        listen: [`127.0.0.1:${gatePort}`],
        local: { command: [...as, program, ...command(port, directory)], directory, environment: { HOME: directory } },
        address: `127.0.0.1:${port}`,
        ...(readyLine ? { ready_line: readyLine } : {}),
        ...lines,
        stop: { signal: 'TERM', within: '10s' },
        policy: { idle_after: '0' }
      }]
    })
    await roost.api('POST', '/v1/servers/real/wake')
    await roost.untilState('real', 'ready')
    const leave = await enter(gatePort, name)
    await until('the player to be on', async () => (await roost.server('real')).players.names.includes(name))
    await sleep(1500)
    const { players } = await roost.server('real')
    assert.deepEqual([players.names, players.online], [[name], 1])
    leave()
    await until('the player to have left', async () => (await roost.events()).some(event => event.type === 'player.left' && event.data.player === name), 60000)
    assert.equal((await roost.server('real')).players.online, 0)
  })
}
