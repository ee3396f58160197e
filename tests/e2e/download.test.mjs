// SPDX-License-Identifier: Apache-2.0
// roost backup get: what it names as a backup is one, whatever the connection and the server do.

import test from 'node:test'
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { roostPath, until } from './harness.mjs'

const archive = randomBytes(3_000_000)
const sha256 = createHash('sha256').update(archive).digest('hex')

// A daemon that has one backup, and brings it as `bring` does.
async function daemon(t, bring) {
  const server = createServer((request, response) => {
    if (request.url.endsWith('/archive')) return bring(response)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ id: 'ONE', state: 'good', sha256, size: archive.length }))
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  const directory = mkdtempSync(join(tmpdir(), 'roost-download-'))
  t.after(() => { server.closeAllConnections(); server.close(); rmSync(directory, { recursive: true, force: true }) })
  const start = (...more) => spawn(roostPath, ['backup', 'get', 'first', 'ONE', '--url', `http://127.0.0.1:${server.address().port}`, '--token', 'roost_t', ...more], { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] })
  const get = (...more) => new Promise(resolve => {
    const child = start(...more)
    let stderr = ''
    const out = []
    child.stderr.on('data', bytes => { stderr += bytes })
    child.stdout.on('data', bytes => out.push(bytes))
    child.on('close', code => resolve({ code, stderr, out: Buffer.concat(out) }))
  })
  return { directory, start, get, file: join(directory, 'first-ONE.tar.zst') }
}

const head = response => response.writeHead(200, { 'content-type': 'application/zstd', 'content-length': archive.length })

test('a whole download is the backup, and never takes the place of another file', async t => {
  const d = await daemon(t, response => { head(response); response.end(archive) })
  assert.equal((await d.get()).code, 0)
  assert.deepEqual(readdirSync(d.directory), ['first-ONE.tar.zst'])
  assert.ok(readFileSync(d.file).equals(archive))
  assert.equal(statSync(d.file).mode & 0o777, 0o600)
  const again = await d.get()
  assert.equal(again.code, 1)
  assert.match(again.stderr, /is there already/)
  assert.ok((await d.get('--output', '-')).out.equals(archive))
})

test('a download that is cut, or is not what was kept, leaves nothing', async t => {
  const cut = await daemon(t, response => { head(response); response.write(archive.subarray(0, 1_000_000), () => response.destroy()) })
  const cutShort = await cut.get()
  assert.equal(cutShort.code, 1)
  assert.deepEqual(readdirSync(cut.directory), [])

  const other = Buffer.from(archive)
  other[2_000_000] ^= 1
  const wrong = await daemon(t, response => { head(response); response.end(other) })
  const got = await wrong.get()
  assert.equal(got.code, 1)
  assert.match(got.stderr, /SHA-256 differs/)
  assert.deepEqual(readdirSync(wrong.directory), [])
  assert.equal((await wrong.get('--output', '-')).code, 1)
})

test('kill -9 in the middle of a download leaves nothing that looks like a backup', async t => {
  const d = await daemon(t, response => { head(response); response.write(archive.subarray(0, 1_000_000)) })
  const child = d.start()
  const ended = new Promise(resolve => child.on('close', resolve))
  await until('some of it to be there', () => readdirSync(d.directory).some(name => statSync(join(d.directory, name)).size >= 1_000_000))
  child.kill('SIGKILL')
  await ended
  assert.ok(!existsSync(d.file))
  assert.deepEqual(readdirSync(d.directory), ['first-ONE.tar.zst.part'])
})
