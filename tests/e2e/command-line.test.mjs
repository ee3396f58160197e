// SPDX-License-Identifier: Apache-2.0
// The command line where things go wrong: the daemon is killed under a wait, a
// start fails, a document has mistakes, a token is not one.

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { startRoost, practice, freePort, until, roostPath } from './harness.mjs'

const oneLine = text => assert.equal(text.trim().split('\n').length, 1, text)

test('a wait outlives the daemon, and the watcher misses nothing', async t => {
  const roost = await startRoost({ servers: [practice('demo', await freePort(), { boot: '5s' })] })
  t.after(() => roost.stop())
  let watched = ''
  const watcher = spawn(roostPath, ['watch', '--json', '--after', '0'], { env: { ...process.env, ROOST_DATA: roost.dataDir } })
  t.after(() => watcher.kill())
  watcher.stdout.setEncoding('utf8').on('data', data => { watched += data })

  const waiting = roost.cli(['wake', 'demo', '--wait'])
  await roost.untilState('demo', 'waking')
  await until('the start to be seen', () => watched.includes('"starting"'))
  await roost.kill9()
  await sleep(500)
  await roost.restart()
  const waited = await waiting
  assert.equal(waited.code, 0, waited.stderr)
  assert.match(waited.stdout, /Starting the game/)
  assert.match(waited.stdout, /demo is ready/)

  // What has come may end in the middle of a line.
  const lines = () => watched.slice(0, watched.lastIndexOf('\n') + 1)
  await until('the watcher to see it ready', () => lines().includes('"server.ready"'))
  const events = lines().trim().split('\n').map(line => JSON.parse(line))
  assert.deepEqual(events.map(event => Number(event.id.split(':')[1])), events.map((_, index) => index + 1))
})

test('a failed wake is told with its reason, and a wish reversed is no success', async t => {
  const port = await freePort()
  const failing = practice('failing', port, {})
  failing.local.command.push('--fail-boot')
  failing.policy = { ...failing.policy, restarts: 0 }
  const slow = practice('slow', await freePort(), { boot: '20s' })
  const roost = await startRoost({ servers: [failing, { ...slow, hosts: ['slow.test'] }] })
  t.after(() => roost.stop())
  const failed = await roost.cli(['wake', 'failing', '--wait'])
  assert.equal(failed.code, 1)
  oneLine(failed.stderr)
  assert.match(failed.stderr, /failing failed: /)
  const status = await roost.cli(['status', 'failing'])
  assert.match(status.stdout, /Failed/)
  assert.match(status.stdout, /\| /)

  const waiting = roost.cli(['wake', 'slow', '--wait'])
  await roost.untilState('slow', 'waking')
  const slept = await roost.cli(['sleep', 'slow', '--wait'])
  assert.equal(slept.code, 0, slept.stderr)
  const reversed = await waiting
  assert.equal(reversed.code, 1)
  assert.match(reversed.stderr, /opposite/)
})

test('apply tells every mistake with its line, and declares nothing by half', async t => {
  const roost = await startRoost({})
  t.after(() => roost.stop())
  const file = join(roost.directory, 'servers.yaml')
  writeFileSync(file, `- name: good
  game: minecraft-java
  address: 127.0.0.1:${await freePort()}
  local: { command: [/bin/true], directory: worlds }
- name: bad
  game: minecraft
  address: 127.0.0.1
  policy: { idle_aftr: 5m }
`)
  const refused = await roost.cli(['apply', '-f', file])
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /servers\.yaml:6:3: \/1\/game: "minecraft" .*minecraft-java/)
  assert.match(refused.stderr, /servers\.yaml:7:3: \/1\/address: /)
  assert.match(refused.stderr, /servers\.yaml:8:13: .*did you mean idle_after\?/)
  assert.match((await roost.cli(['ls'])).stdout, /No server is declared/)

  const good = { name: 'good', game: 'minecraft-java', address: '127.0.0.1:1', local: { command: ['/bin/true'], directory: 'worlds' } }
  const made = await roost.cli(['apply', '-f', '-'], { input: JSON.stringify(good) })
  assert.equal(made.code, 0, made.stderr)
  assert.equal(made.stdout, 'good: declared\n')
  good.policy = { idle_after: '1h' }
  assert.equal((await roost.cli(['apply', '-f', '-', '--dry-run'], { input: JSON.stringify(good) })).stdout, 'good: would be changed: policy.idle_after\n')
  assert.equal((await roost.cli(['apply', '-f', '-'], { input: JSON.stringify(good) })).stdout, 'good: changed: policy.idle_after\n')
  const { body } = await roost.api('GET', '/v1/servers/good')
  assert.equal(body.declaration.policy.idle_after, '1h')
  assert.ok(body.declaration.local.directory.endsWith('/worlds') && body.declaration.local.directory.startsWith('/'))
  assert.equal((await roost.cli(['rm', 'good'])).code, 0)
  assert.match((await roost.cli(['ls'])).stdout, /No server is declared/)
})

test('from elsewhere a wrong token, a wrong address and no token are each one clear line', async t => {
  const roost = await startRoost({})
  t.after(() => roost.stop())
  const cases = [
    [{ ROOST_URL: roost.url, ROOST_TOKEN: 'roost_nonsense' }, 1, /token/],
    [{ ROOST_URL: roost.url }, 1, /ROOST_TOKEN/],
    [{ ROOST_URL: `http://127.0.0.1:${await freePort()}`, ROOST_TOKEN: 'x' }, 1, /cannot reach/]
  ]
  for (const [environment, code, expected] of cases) {
    const result = await roost.cli(['ls'], { environment })
    assert.equal(result.code, code)
    oneLine(result.stderr)
    assert.match(result.stderr, expected)
  }
})

test('the doctor finds what is wrong and says how to mend it', async t => {
  const roost = await startRoost({})
  t.after(() => roost.stop())
  const well = await roost.cli(['doctor', '--config', roost.file])
  assert.equal(well.code, 0, well.stdout)
  assert.match(well.stdout, /✓ daemon/)
  const file = join(roost.directory, 'other.yaml')
  writeFileSync(file, `data: ${roost.directory}/other
http: { listen: "127.0.0.1:${roost.httpPort}" }
gate: { listen: [] }
servers:
  - name: demo
    game: tcp
    listen: ["203.0.113.1:5556"]
    address: 127.0.0.1:5557
    local: { command: [no-such-program], directory: /no/such/directory }
  - name: home
    game: tcp
    listen: ["127.0.0.1:5558"]
    address: 127.0.0.1:5559
    local: { command: [sh], directory: ${roost.directory} }
`)
  mkdirSync(join(roost.directory, 'other'))
  const ill = spawnSync(roostPath, ['doctor', '--config', file, '--json'], { encoding: 'utf8', cwd: roost.directory })
  assert.equal(ill.status, 1)
  const wrong = JSON.parse(ill.stdout).filter(finding => finding.found === 'wrong')
  assert.ok(wrong.every(finding => finding.mend))
  const text = JSON.stringify(wrong)
  for (const expected of ['no-such-program', '/no/such/directory', 'not an address of this machine', 'roost serve', 'a directory of its own']) assert.ok(text.includes(expected), `${expected} is not in ${text}`)
})

test('every command has help, and so has the manual page', () => {
  const run = (...args) => spawnSync(roostPath, args, { encoding: 'utf8' })
  const overview = run('help').stdout
  const manual = run('help', '--man').stdout
  const commands = [...overview.matchAll(/^ {2}(\w+) {2,}/gm)].map(match => match[1])
  assert.ok(commands.length >= 14)
  for (const command of commands) {
    const help = run('help', command)
    assert.equal(help.status, 0)
    assert.equal(run(command, '--help').stdout, help.stdout)
    assert.ok(manual.includes(`roost ${command}`))
  }
  assert.match(run('--version').stdout, /^roost \d/)
  assert.equal(run('--nonsense').status, 2)
})
