// SPDX-License-Identifier: Apache-2.0
// Backups at the command line: what waits says why, what is done says so, and what failed is no success.

import { test } from 'node:test'
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, practice, roostPath, startRoost, until } from './harness.mjs'

/** The server's directory: a world of its own. */
const inner = roost => join(roost.directory, 'world')

async function start (t, extra) {
  const port = await freePort()
  const roost = await startRoost({ servers: [] })
  t.after(() => roost.stop())
  mkdirSync(inner(roost))
  writeFileSync(join(inner(roost), 'level.dat'), 'seed')
  const server = { ...practice('survival', port), ...extra(port) }
  server.local.directory = inner(roost)
  const { name, ...declaration } = server
  assert.equal((await roost.api('PUT', `/v1/servers/${name}`, declaration)).status < 300, true)
  return roost
}

test('a restore that is waited for ends with what came of it', async t => {
  const roost = await start(t, () => ({}))
  const made = await roost.cli(['backup', 'survival', '--wait'])
  assert.equal(made.code, 0, made.stderr)
  assert.match(made.stdout, /is good: it was read back whole/)
  writeFileSync(join(inner(roost), 'level.dat'), 'dug up')
  const restored = await roost.cli(['restore', 'survival', 'latest', '--wait'])
  assert.equal(restored.code, 0, restored.stderr)
  assert.match(restored.stdout, /Its world is the backup's/)
  assert.equal(readFileSync(join(inner(roost), 'level.dat'), 'utf8'), 'seed')

  const store = join(roost.dataDir, 'backups/survival')
  for (const file of readdirSync(store).filter(file => file.endsWith('.zst'))) {
    const bytes = readFileSync(join(store, file))
    bytes[bytes.length >> 1] ^= 0xff
    writeFileSync(join(store, file), bytes)
  }
  writeFileSync(join(inner(roost), 'level.dat'), 'built up')
  const failed = await roost.cli(['restore', 'survival', 'latest', '--wait'])
  assert.equal(failed.code, 1, failed.stdout)
  assert.match(failed.stderr, /^roost: the restore failed: /)
  assert.equal(readFileSync(join(inner(roost), 'level.dat'), 'utf8'), 'built up')
})

test('a backup that waits for its server to sleep says so', async t => {
  const door = await freePort()
  const roost = await start(t, port => ({
    game: 'tcp',
    hosts: undefined,
    listen: [`127.0.0.1:${door}`],
    local: { command: [roostPath, 'practice', '--tcp', '--listen', `127.0.0.1:${port}`, '--boot', '1s'], directory: '.' }
  }))
  await roost.api('POST', '/v1/servers/survival/wake')
  await roost.untilState('survival', 'ready')
  const waiting = spawn(roostPath, ['backup', 'survival', '--wait'], { env: { ...process.env, ROOST_DATA: roost.dataDir } })
  let said = ''
  for (const stream of [waiting.stdout, waiting.stderr]) stream.setEncoding('utf8').on('data', text => { said += text })
  const ended = new Promise(resolve => waiting.once('close', resolve))
  await until('it to say why it waits', () => /it is copied when it sleeps next/.test(said))
  await roost.api('POST', '/v1/servers/survival/sleep')
  assert.equal(await ended, 0, said)
  assert.match(said, /The backup is good/)
})
