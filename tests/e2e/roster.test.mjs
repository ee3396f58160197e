// SPDX-License-Identifier: Apache-2.0
// Who may play: real clients at the gate, and a real game that is told.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { startRoost, practice, freePort, until, assertGapless } from './harness.mjs'
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
