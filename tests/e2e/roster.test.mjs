// SPDX-License-Identifier: Apache-2.0
// Who may play: real clients at the gate, and a real game that is told.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createServer } from 'node:http'
import { mkdirSync, readFileSync, writeFileSync, existsSync, symlinkSync, unlinkSync, statSync, chmodSync } from 'node:fs'
import { join as path } from 'node:path'

import { Roost, startRoost, practice, freePort, until, assertGapless } from './harness.mjs'
import { join } from './minecraft.mjs'

async function refusal (roost, username, version = '1.20.4') {
  const error = await join({ port: roost.gatePort, host: 'demo.test', username, version, within: 20000 }).then(
    client => { client.end(); return null }, error => error)
  assert.ok(error, `${username} is refused`)
  return error.kicked
}

async function refused (roost, player) {
  return until(`${player} to be told of`, async () =>
    (await roost.events('&type=player.refused')).find(event => event.data.player === player))
}

test('the banned and the unlisted wake nothing, and are told why', async t => {
  const port = await freePort()
  const roost = await startRoost({
    servers: [practice('demo', port, { boot: '1s', hosts: ['demo.test'], policy: { roster: 'listed' } })]
  })
  t.after(() => roost.stop())

  for (const version of ['1.8.8', '1.16.5', '1.20.4', '1.21.4']) {
    assert.match(await refusal(roost, 'Stranger', version), /only for those on its list/)
  }
  assert.equal((await refused(roost, 'Stranger')).data.reason, 'not on the roster')

  let said = await roost.cli(['roster', 'demo', 'add', 'Robin'])
  assert.equal(said.code, 0, said.stderr)
  said = await roost.cli(['roster', 'demo', 'add', 'Griefer'])
  said = await roost.cli(['roster', 'demo', 'ban', 'Griefer', '--reason', 'Lava in the library.', '--for', '3d'])
  assert.equal(said.code, 0, said.stderr)
  assert.match(await refusal(roost, 'grieFER'), /You are banned from demo. Lava in the library/)
  assert.equal((await refused(roost, 'grieFER')).data.reason, 'banned')
  const list = await roost.cli(['roster', 'demo'])
  assert.match(list.stdout, /Only who is added may play/)
  assert.match(list.stdout, /Griefer +banned may play +\S+ +\S.*Lava in the library/)

  assert.equal((await roost.events('&type=server.wake_requested')).length, 0, 'nobody has woken it')
  assert.equal((await roost.server('demo')).state, 'asleep')

  const robin = await join({ port: roost.gatePort, host: 'demo.test', username: 'Robin', version: '1.20.4' })
  t.after(() => robin.end())
  await roost.untilState('demo', 'ready')
  assert.equal((await roost.server('demo')).run.by, 'Robin')
  assertGapless(await roost.events())
})

test('a game is told by its console, and who is banned while he waits waits no longer', async t => {
  const port = await freePort()
  const roost = await startRoost({ servers: [practice('demo', port, { boot: '4s', hosts: ['demo.test'] })] })
  t.after(() => roost.stop())

  assert.equal((await roost.cli(['roster', 'demo', 'op', 'Robin'])).code, 0)
  const waiting = join({ port: roost.gatePort, host: 'demo.test', username: 'Griefer', version: '1.20.4' }).then(() => null, error => error)
  await until('Griefer to be held', async () => (await roost.server('demo')).held === 1)
  const banned = await roost.api('PUT', '/v1/servers/demo/roster/Griefer', { banned: true })
  assert.equal(banned.status, 200)
  assert.match((await waiting).kicked, /You are banned from demo/)

  await roost.api('POST', '/v1/servers/demo/wake')
  await roost.untilState('demo', 'ready')
  async function player (name) {
    const roster = await roost.api('GET', '/v1/servers/demo/roster')
    return roster.body.players.find(player => player.name === name)
  }
  await until('the game to be told', async () => !(await player('Griefer')).waiting && !(await player('Robin')).waiting)
  await roost.kill9()
  await roost.restart()
  assert.match(await refusal(roost, 'Griefer'), /You are banned/)
  assert.equal((await roost.cli(['roster', 'demo', 'pardon', 'Griefer'])).code, 0)
  const back = await join({ port: roost.gatePort, host: 'demo.test', username: 'Griefer', version: '1.20.4' })
  back.end()
})

test('mistakes of the command line are said', async t => {
  const roost = await startRoost({ servers: [practice('demo', await freePort())] })
  t.after(() => roost.stop())

  for (const [args, code, says] of [
    [['roster', 'demo', 'promote', 'Robin'], 2, /none of add, remove, op/],
    [['roster', 'demo', 'ban'], 2, /whom/],
    [['roster', 'demo', 'op', 'Robin', '--reason', 'x'], 2, /belong to ban/],
    [['roster', 'demo', 'ban', '@a'], 1, /no player's name/],
    [['roster', 'nothing'], 1, /No server is called nothing/]
  ]) {
    const said = await roost.cli(args)
    assert.equal(said.code, code, said.stderr)
    assert.match(said.stderr, says)
  }
})

/** A roost whose one server has a directory of its own, with these files in it. */
async function startWithFiles (t, files, { policy = {}, config = {}, ...more } = {}) {
  const server = practice('demo', await freePort(), { boot: '0s', hosts: ['demo.test'], policy, ...more })
  server.local.directory = 'game'
  const roost = new Roost({ ...config, servers: [server] })
  const game = path(roost.directory, 'game')
  mkdirSync(game)
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(path(game, name), typeof content === 'string' ? content : JSON.stringify(content))
  }
  t.after(() => roost.stop())
  await roost.start()
  roost.list = name => JSON.parse(readFileSync(path(game, name), 'utf8'))
  roost.game = game
  roost.player = async name => (await roost.api('GET', '/v1/servers/demo/roster')).body.players.find(player => player.name === name)
  roost.wake = async () => { await roost.api('POST', '/v1/servers/demo/wake'); return roost.untilState('demo', 'ready') }
  roost.sleep = async () => { await roost.api('POST', '/v1/servers/demo/sleep', { now: true }); return roost.untilState('demo', 'asleep') }
  return roost
}

const names = list => list.map(entry => entry.name ?? entry.ip).sort()

test('a game finds who may play in its own files, and what is changed there is read back', async t => {
  const roost = await startWithFiles(t, {
    'server.properties': 'motd=x\nonline-mode=false\nop-permission-level=3\n',
    'whitelist.json': [{ uuid: 'b50ad385-829d-3141-a216-7e7d7539ba7f', name: 'Notch', mod: { kept: true } }, { strange: 1 }]
  }, { policy: { roster: 'listed' } })

  chmodSync(path(roost.game, 'whitelist.json'), 0o640)
  for (const args of [['add', 'Robin'], ['op', 'Robin'], ['ban', 'Griefer', '--reason', 'Lava.'], ['ban-ip', '203.0.113.7'], ['ban-ip', '198.51.100.0/24']]) {
    assert.equal((await roost.cli(['roster', 'demo', ...args])).code, 0, args.join(' '))
  }
  await roost.wake()
  assert.deepEqual(roost.list('whitelist.json').map(entry => entry.name), ['Notch', undefined, 'Robin'])
  assert.ok(roost.list('whitelist.json')[0].mod.kept, 'what is not known is left')
  assert.equal(statSync(path(roost.game, 'whitelist.json')).mode & 0o777, 0o640)
  assert.equal(statSync(path(roost.game, 'ops.json')).mode & 0o777, 0o600)
  assert.deepEqual(roost.list('ops.json').map(({ name, level }) => [name, level]), [['Robin', 3]])
  assert.equal(roost.list('banned-players.json')[0].reason, 'Lava.')
  assert.deepEqual(names(roost.list('banned-ips.json')), ['203.0.113.7'], 'the game knows no networks')
  assert.equal((await roost.player('Notch')).source, 'game')
  assert.match((await roost.player('Robin')).uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-3/)
  const notch = await join({ port: roost.gatePort, host: 'demo.test', username: 'Notch', version: '1.20.4' })
  notch.end()

  // As an operator in the game would, and the game says so.
  writeFileSync(path(roost.game, 'banned-players.json'), JSON.stringify([
    ...roost.list('banned-players.json'), { uuid: 'b50ad385-829d-3141-a216-7e7d7539ba7f', name: 'Notch', source: 'Robin', expires: 'forever', reason: 'Dynamite.' }]))
  writeFileSync(path(roost.game, 'ops.json'), '[]')
  await roost.api('POST', '/v1/servers/demo/command', { line: 'say Banned Notch: Dynamite.' })
  await until('the ban to be read', async () => (await roost.player('Notch')).banned)
  assert.equal((await roost.player('Robin')).op, false)
  assert.match(await refusal(roost, 'Notch'), /Dynamite/)
  const changed = (await roost.events('&type=roster.changed')).filter(event => event.data.by === 'game')
  assert.deepEqual(changed.map(event => [event.data.player, event.data.change]), [['Notch', 'added'], ['Robin', 'deopped'], ['Notch', 'banned']])

  // Killed while it sleeps, and lists changed by hand meanwhile.
  await roost.sleep()
  await roost.kill9()
  writeFileSync(path(roost.game, 'banned-players.json'), JSON.stringify(roost.list('banned-players.json').filter(entry => entry.name !== 'Griefer')))
  await roost.restart()
  await until('the pardon to be read', async () => !(await roost.player('Griefer')))
  assert.match(await refusal(roost, 'Notch'), /Dynamite/)
  await roost.wake()
  assert.deepEqual(names(roost.list('banned-players.json')), ['Notch'])
  const list = await roost.cli(['roster', 'demo'])
  assert.match(list.stdout, /Notch +banned may play +\(in the game\).*Dynamite.*b50ad385/)
  assert.match(list.stdout, /198.51.100.0\/24 +banned/)
  assertGapless(await roost.events())
})

test('an address is refused before it wakes anything', async t => {
  const roost = await startWithFiles(t, {})
  assert.equal((await roost.cli(['roster', 'demo', 'ban-ip', '127.0.0.0/8', '--reason', 'A test.'])).code, 0)
  assert.match(await refusal(roost, 'Robin'), /Nobody may join demo from your address. A test/)
  assert.equal((await refused(roost, 'Robin')).data.reason, 'address banned')
  assert.equal((await roost.server('demo')).state, 'asleep')
  assert.equal((await roost.cli(['roster', 'demo', 'pardon-ip', '127.0.0.0/8'])).code, 0)
  const robin = await join({ port: roost.gatePort, host: 'demo.test', username: 'Robin', version: '1.20.4' })
  robin.end()
})

test('lists that cannot be used keep a closed server asleep, and only that', async t => {
  const roost = await startWithFiles(t, { 'ops.json': '[{"name":' }, { policy: { roster: 'listed' } })
  const ops = path(roost.game, 'ops.json')
  const woken = await roost.cli(['wake', 'demo', '--wait'])
  assert.equal(woken.code, 1)
  assert.match(woken.stderr + woken.stdout, /ops.json in '.*game' is no JSON.*mend it/)
  assert.equal(readFileSync(ops, 'utf8'), '[{"name":', 'it is left as it is')
  assert.match((await roost.cli(['roster', 'demo'])).stderr, /ops.json/)

  unlinkSync(ops)
  writeFileSync(path(roost.directory, 'elsewhere'), 'secret')
  symlinkSync('../elsewhere', ops)
  assert.match((await roost.cli(['wake', 'demo', '--wait'])).stdout + (await roost.server('demo')).reason, /is a link/)
  unlinkSync(ops)
  await roost.wake()
  assert.equal(readFileSync(path(roost.directory, 'elsewhere'), 'utf8'), 'secret')
})

test('accounts are looked up once, and a name that is none is said to who wrote it', async t => {
  const asked = []
  let broken = false
  const mojang = createServer((request, response) => {
    let body = ''
    request.on('data', data => { body += data }).on('end', () => {
      asked.push(...JSON.parse(body))
      response.writeHead(broken ? 429 : 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(JSON.parse(body).filter(name => /^notch$/i.test(name)).map(() => ({ id: '069a79f444e94726a5befca90e38aaf5', name: 'Notch' }))))
    })
  })
  await new Promise(resolve => mojang.listen(0, '127.0.0.1', resolve))
  t.after(() => mojang.close())
  const roost = await startWithFiles(t, { 'server.properties': 'online-mode=true\n' },
    { config: { profiles: { url: `http://127.0.0.1:${mojang.address().port}/bulk` } } })

  const known = await roost.cli(['roster', 'demo', 'op', 'notch'])
  assert.equal(known.stderr, '')
  const unknown = await roost.cli(['roster', 'demo', 'add', 'Nottch'])
  assert.equal(unknown.code, 0)
  assert.match(unknown.stderr, /no Minecraft account is called Nottch/)
  await roost.wake()
  assert.equal(roost.list('ops.json')[0].uuid, '069a79f4-44e9-4726-a5be-fca90e38aaf5')
  assert.equal((await roost.events('&type=roster.unknown'))[0].data.player, 'Nottch')
  broken = true
  await roost.sleep()
  await roost.kill9()
  await roost.restart()
  await roost.wake()
  assert.deepEqual(asked.sort(), ['Nottch', 'notch'])
  assert.equal((await roost.player('notch')).uuid, '069a79f4-44e9-4726-a5be-fca90e38aaf5')
})

test('who woke it operates it until it sleeps, and nobody else', async t => {
  const roost = await startWithFiles(t, { 'server.properties': 'online-mode=false\n' }, { policy: { op_tokens: 'owner' } })
  await roost.api('PUT', '/v1/users/pia', { role: 'player', password: 'a long password', game_name: 'Pia' })
  await roost.api('PUT', '/v1/users/eve', { role: 'player', password: 'a long password', game_name: 'Eve' })
  const tokens = {}
  for (const user of ['pia', 'eve']) {
    const made = await roost.cli(['token', 'create', 'x', '--user', user, '--json'])
    tokens[user] = JSON.parse(made.stdout).token
  }
  const as = user => ({ environment: { ROOST_URL: roost.url, ROOST_TOKEN: tokens[user] } })
  assert.match((await roost.cli(['op', 'demo'], as('pia'))).stderr, /does not run/)
  assert.equal((await roost.cli(['wake', 'demo', '--wait'], as('pia'))).code, 0)
  assert.match((await roost.cli(['op', 'demo'], as('eve'))).stderr, /somebody else woke it/)
  const said = await roost.cli(['op', 'demo', '--chat'], as('pia'))
  assert.match(said.stdout, /!op [0-9a-z]{12}\n/)
  const token = said.stdout.match(/!op (\w+)/)[1]
  assert.ok(!JSON.stringify(await roost.events()).includes(token), 'it is on no record')
  assert.match((await roost.cli(['op', 'demo'], as('pia'))).stdout, /Pia is an operator of demo until it sleeps/)
  assert.equal((await roost.player('Pia')).source, 'run')
  await roost.sleep()
  await until('the operator to be none', async () => !(await roost.player('Pia')))
  await until('the file to say so', async () => !existsSync(path(roost.game, 'ops.json')) || roost.list('ops.json').length === 0)
})
