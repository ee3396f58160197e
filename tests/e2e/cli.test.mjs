// SPDX-License-Identifier: Apache-2.0
// The command line against the real daemon: over its socket, and with a token.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mkdtempSync, rmSync, writeFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { startRoost, practice, freePort } from './harness.mjs'

test('a parent can run it from the command line', async t => {
  const port = await freePort()
  const demo = practice('demo', port, { boot: '1s' })
  demo.local.directory = mkdtempSync(join(tmpdir(), 'roost-demo-'))
  const roost = await startRoost({ servers: [demo] })
  t.after(async () => { await roost.stop(); rmSync(demo.local.directory, { recursive: true, force: true }) })
  const run = async (...args) => {
    const result = await roost.cli(args)
    assert.equal(result.code, 0, `${args.join(' ')}: ${result.stderr}`)
    return result.stdout
  }

  assert.match(await run('ls'), /demo.*asleep/is)
  const waking = await run('wake', 'demo', '--wait')
  assert.match(waking, /ready/i)
  assert.match(await run('status', 'demo'), /ready/i)
  const [server] = [JSON.parse(await run('status', 'demo', '--json'))]
  assert.equal(server.state, 'ready')
  assert.match(await run('sleep', 'demo', '--wait'), /asleep/i)
  await run('doctor', '--config', roost.file)

  // Declared by a file, idempotent, with a dry run first.
  const file = join(roost.directory, 'more.yaml')
  writeFileSync(file, JSON.stringify({ servers: [practice('more', port + 1, { hosts: ['more.test'] })] }))
  assert.match(await run('apply', '-f', file, '--dry-run'), /more/)
  assert.doesNotMatch(await run('ls'), /more/)
  assert.match(await run('apply', '-f', file), /more/)
  assert.match(await run('ls'), /more/)
  assert.match(await run('apply', '-f', file), /unchanged|nothing/i)

  // Users, roles and tokens.
  const made = await roost.cli(['user', 'add', 'kim', '--role', 'player'], { input: 'a long enough password\n' })
  assert.equal(made.code, 0, made.stderr)
  assert.match(await run('user', 'ls'), /kim.*player/i)
  const kim = await roost.signIn('kim', 'a long enough password')
  const refused = await fetch(`${roost.url}/v1/servers/demo/sleep`, { method: 'POST', headers: { cookie: kim.cookie, 'x-csrf-token': kim.csrf } })
  assert.equal(refused.status, 403)
  const woke = await fetch(`${roost.url}/v1/servers/demo/wake`, { method: 'POST', headers: { cookie: kim.cookie, 'x-csrf-token': kim.csrf } })
  assert.equal(woke.status, 202)
  const forged = await fetch(`${roost.url}/v1/servers/demo/wake`, { method: 'POST', headers: { cookie: kim.cookie } })
  assert.equal(forged.status, 403)

  // Elsewhere: by URL and token.
  const token = JSON.parse(await run('token', 'create', 'elsewhere', '--json')).token
  const far = await roost.cli(['ls'], { environment: { ROOST_DATA: '/nonexistent', ROOST_URL: roost.url, ROOST_TOKEN: token } })
  assert.equal(far.code, 0, far.stderr)
  assert.match(far.stdout, /demo/)

  assert.equal(statSync(join(roost.dataDir, 'roost.db')).mode & 0o077, 0)
  assert.equal(statSync(join(roost.dataDir, 'roost.sock')).mode & 0o077, 0)
})

test('mistakes get one clear line and the right exit status', async t => {
  const roost = await startRoost({})
  t.after(() => roost.stop())
  const nothing = await roost.cli(['wake', 'nosuch'])
  assert.equal(nothing.code, 1)
  assert.match(nothing.stderr, /nosuch/)
  assert.equal(nothing.stderr.trim().split('\n').length, 1)
  for (const command of ['wake', 'watch', 'status', 'players']) {
    for (const name of ['', 'a b', '../me', 'Bad']) {
      const odd = await roost.cli([command, name])
      assert.equal(odd.code, 2, command)
      assert.match(odd.stderr, /cannot be a server's name/)
    }
    const absent = await roost.cli([command, 'nosuch'])
    assert.equal(absent.code, 1, command)
    assert.match(absent.stderr, /No server is called nosuch\. `roost ls`/)
  }
  assert.equal((await roost.cli(['wake'])).code, 2)
  assert.equal((await roost.cli(['fly'])).code, 2)
  const alone = await roost.cli(['ls'], { environment: { ROOST_DATA: join(roost.directory, 'elsewhere') } })
  assert.equal(alone.code, 1)
  assert.match(alone.stderr, /roost serve|not running|cannot/i)
})
