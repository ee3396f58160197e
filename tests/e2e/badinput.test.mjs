// SPDX-License-Identifier: Apache-2.0
// Bad input of any kind gets a clear error and loses nothing.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { tmpdir } from 'node:os'

import { startRoost, practice, freePort, roostPath } from './harness.mjs'
import { exchange, ping } from './minecraft.mjs'

function serve (text, environment = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'roost-e2e-'))
  try {
    const file = join(directory, 'roost.yaml')
    writeFileSync(file, text)
    return spawnSync(roostPath, ['serve', '--config', file], { cwd: directory, encoding: 'utf8', timeout: 20000, env: { ...process.env, ...environment } })
  } finally { rmSync(directory, { recursive: true, force: true }) }
}

test('a mistake in the configuration refuses the start with file, line, path and what is allowed', () => {
  const cases = [
    ['http:\n  lissen: 127.0.0.1:1\n', /roost\.yaml:2.*lissen.*listen/s],
    ['servers:\n  - name: a\n    game: chess\n', /roost\.yaml:3.*game.*minecraft-java/s],
    ['servers:\n  - name: BIG\n    game: minecraft-java\n', /roost\.yaml:2.*name/s],
    ['gate: [\n', /roost\.yaml:[12]/],
    ['servers:\n  - name: a\n    game: minecraft-java\n    address: 127.0.0.1:1\n    local: {command: [x], directory: .}\n    policy: {hold_for: soon}\n', /roost\.yaml:6.*hold_for/s],
    ['database: postgres://db\n', /database/]
  ]
  for (const [text, expected] of cases) {
    const result = serve(text)
    assert.equal(result.status, 1, text + result.stderr)
    assert.match(result.stderr, expected)
  }
})

test('a port that is taken is said, with which and what to do', async t => {
  const port = await freePort()
  const taken = createServer()
  await new Promise(resolve => taken.listen(port, '127.0.0.1', resolve))
  t.after(() => taken.close())
  const result = serve(`http: {listen: "127.0.0.1:${port}"}\ngate: {listen: ["127.0.0.1:${await freePort()}"]}\n`)
  assert.equal(result.status, 1)
  assert.match(result.stderr, new RegExp(`${port}.*(uses|has) this port`, 's'))
  const gate = serve(`http: {listen: "127.0.0.1:${await freePort()}"}\ngate: {listen: ["127.0.0.1:${port}"]}\n`)
  assert.equal(gate.status, 1)
  assert.match(gate.stderr, new RegExp(`${port}.*(uses|has) this port`, 's'))
})

test('hostile bytes at the gate and at HTTP harm nobody', async t => {
  const port = await freePort()
  const roost = await startRoost({ servers: [practice('demo', port, { boot: '0s' })] })
  t.after(() => roost.stop())
  const hostile = ['', '00', 'ffffffffff', 'feff', 'fe01fb', '02', '80808080', '0100', 'ff00', '1000ff050a'.padEnd(60, '0'), '9a9a9a01'.padEnd(4000, 'ab'), '474554202f20485454502f312e310d0a0d0a', '16030100']
  for (const hex of hostile) await exchange(roost.gatePort, Buffer.from(hex, 'hex'), { within: 300, end: true }).catch(() => {})
  for (const bytes of ['GET / HTTP/1.1\r\n\r\n', 'GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n', 'POST /v1/session HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 'X'.repeat(100000), 'POST /v1/session HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n']) {
    const answer = (await exchange(roost.httpPort, Buffer.from(bytes), { within: 1000 }).catch(() => Buffer.alloc(0))).toString()
    if (answer) assert.match(answer, /^HTTP\/1\.1 (400|404|405|413|414|431)/)
  }
  for (const [body, status] of [['{', 400], ['[]', 422], ['{"name":1,"password":"x"}', 422], ['{"name":"admin","password":"wrong wrong"}', 401], ['{"name":"admin","password":"x","extra":1}', 422]]) {
    const answer = await fetch(roost.url + '/v1/session', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    assert.equal(answer.status, status, body)
    const problem = await answer.json()
    assert.equal(problem.status, status)
    assert.ok(problem.title && problem.detail)
  }
  assert.equal((await ping({ port: roost.gatePort })).version.protocol, 765)
  assert.equal((await roost.server('demo')).state, 'asleep')
  assert.equal((await fetch(roost.url + '/healthz')).status, 200)
})

test('a program or directory that is not there fails the start with its name', async t => {
  const server = async (name, local) => ({ ...practice(name, await freePort(), { hosts: [`${name}.test`] }), local })
  const roost = await startRoost({ servers: [
    await server('noprogram', { command: ['/no/such/java'], directory: '.' }),
    await server('nodirectory', { command: ['/bin/true'], directory: '/no/such/directory' }),
    { ...await server('quits', { command: ['/bin/sh', '-c', 'echo the disk is sad; exit 3'], directory: '.' }), policy: { restarts: 0 } }
  ] })
  t.after(() => roost.stop())
  const port = await freePort()
  const stranger = createServer().listen(port, '127.0.0.1')
  t.after(() => stranger.close())
  assert.equal((await roost.api('PUT', '/v1/servers/taken', practice('taken', port, { hosts: ['taken.test'] }))).status, 201)
  for (const [name, expected] of [['taken', /another program already listens/], ['noprogram', /\/no\/such\/java/], ['nodirectory', /\/no\/such\/directory/], ['quits', /3/]]) {
    await roost.api('POST', `/v1/servers/${name}/wake`)
    const failed = await roost.untilState(name, 'failed')
    assert.match(failed.reason, expected)
    if (name === 'quits') assert.match(failed.tail ?? '', /the disk is sad/)
  }
})

test('a second roost on the same data, and a database of a newer one, are refused', async t => {
  const roost = await startRoost({})
  t.after(() => roost.stop())
  const other = spawnSync(roostPath, ['serve', '--config', roost.file], { cwd: roost.directory, encoding: 'utf8', timeout: 20000, env: { ...process.env, ROOST_HTTP_LISTEN: `127.0.0.1:${await freePort()}` } })
  assert.equal(other.status, 1)
  assert.match(other.stderr, /another roost|locked|in use|already/i)
})
