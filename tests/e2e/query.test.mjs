// SPDX-License-Identifier: Apache-2.0
// Games that are asked over datagrams and told by RCON. What each stand-in says is
// read by gamedig and rcon-client too: roost must see what they see.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { GameDig } from 'gamedig'
import { Rcon } from 'rcon-client'
import { startRoost, freePort, here, until } from './harness.mjs'

const look = (type, port) => GameDig.query({ type, host: '127.0.0.1', port, givenPortOnly: true, maxRetries: 3 })
const lines = async (roost, name) => JSON.stringify((await roost.api('GET', `/v1/servers/${name}/console`)).body.lines)

test('a Bedrock server is ready when it answers a ping, is counted by it, and sleeps when empty', async t => {
  const port = await freePort()
  const roost = await startRoost({
    servers: [{
      name: 'bedrock',
      game: 'minecraft-bedrock',
      local: { command: [process.execPath, join(here, 'games/raknet.mjs'), String(port)], directory: here },
      address: `127.0.0.1:${port}`,
      policy: { idle_after: '8s', grace: '0' }
    }]
  })
  t.after(() => roost.stop())
  assert.equal((await roost.server('bedrock')).address, `localhost:${port}`)
  await roost.api('POST', '/v1/servers/bedrock/wake')
  await roost.untilState('bedrock', 'ready')
  assert.equal((await roost.api('POST', '/v1/servers/bedrock/command', { line: 'players 3' })).status, 202)
  const seen = await look('protocol-minecraftbedrock', port)
  assert.equal(seen.maxplayers, 7)
  const server = await until('three players', async () => { const s = await roost.server('bedrock'); return s.players.online === 3 && s })
  assert.equal(server.players.max, 7)
  await roost.api('POST', '/v1/servers/bedrock/command', { line: 'players 0' })
  await roost.untilState('bedrock', 'asleep')
  assert.ok((await lines(roost, 'bedrock')).includes('told: stop'))
})

test('a Source game without a console is asked by A2S, commanded, warned and stopped by RCON', async t => {
  const [port, rconPort] = [await freePort(), await freePort()]
  const secret = 'correct-horse'
  const roost = await startRoost({
    servers: [{
      name: 'source',
      game: 'source',
      local: { command: [process.execPath, join(here, 'games/source.mjs'), String(port), String(rconPort), secret], directory: here },
      address: `127.0.0.1:${port}`,
      rcon: { address: `127.0.0.1:${rconPort}`, password_file: 'rcon.password' },
      policy: { idle_after: '0' }
    }]
  })
  t.after(() => roost.stop())
  const file = join(roost.directory, 'rcon.password')
  const command = line => roost.api('POST', '/v1/servers/source/command', { line })
  await roost.api('POST', '/v1/servers/source/wake')
  await roost.untilState('source', 'ready')

  const missing = await command('players 2')
  assert.equal(missing.status, 409)
  assert.match(missing.body.detail, /rcon\.password/)
  writeFileSync(file, 'not the password\n')
  chmodSync(file, 0o644)
  assert.match((await command('players 2')).body.detail, /chmod 600/)
  chmodSync(file, 0o600)
  assert.match((await command('players 2')).body.detail, /not the game's/)
  writeFileSync(file, secret + '\n')
  assert.equal((await command('players 2')).status, 202)
  assert.ok((await lines(roost, 'source')).includes('players set to 2'))

  const other = await Rcon.connect({ host: '127.0.0.1', port: rconPort, password: secret })
  assert.match(await other.send('nonsense'), /Unknown command/)
  await other.end()
  const seen = await look('protocol-valve', port)
  assert.deepEqual(Array.from(seen.players, p => p.name).sort(), ['Player 1', 'Player 2'])
  const server = await until('two players', async () => { const s = await roost.server('source'); return s.players.names.length === 2 && s })
  assert.deepEqual(server.players.names.sort(), ['Player 1', 'Player 2'])
  assert.equal(server.players.max, 12)

  await command('long')
  await until('the end of a long answer', async () => (await lines(roost, 'source')).includes('the end of it'))
  await roost.api('POST', '/v1/servers/source/sleep')
  await roost.untilState('source', 'asleep')
  const told = await lines(roost, 'source')
  assert.ok(told.includes('said: This server goes to sleep'), told)
  assert.ok(told.includes('quitting'), told)
  assert.ok(!roost.text().includes(secret) && !JSON.stringify(await roost.events()).includes(secret))
})
