// SPDX-License-Identifier: Apache-2.0
// Worlds are never lost: the real Luanti server's world changed by a player, backed up before each
// sleep, restored onto another server byte for byte; a store that is away; and kill -9 of roost at
// every step of backup, restore and retention, against a directory and a real S3 server.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { spawn, execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { startRoost, freePort, here, root, sleep, until, answers } from './harness.mjs'
import { LuantiClient } from './games/luanti.mjs'

const minetest = '/usr/games/minetestserver'
const versitygw = [join(root, 'tests/.tools/bin/versitygw'), '/usr/local/bin/versitygw'].find(existsSync)
// Where the tests' programs are to be installed, their absence is a failure, unless the set-up wrote down that it cannot have it.
const unavailable = join(root, 'tests/.tools/unavailable')
const excused = name => !process.env.CI || (existsSync(unavailable) && readFileSync(unavailable, 'utf8').includes(name))
const missing = (path, name) => !(path && existsSync(path)) && excused(name) && `${name} is not installed (tools/setup.sh test)`

/** Every file below a directory with its digest; roost's own part left out. */
function tree (directory, path = '') {
  return readdirSync(join(directory, path), { withFileTypes: true }).flatMap(entry => {
    const name = join(path, entry.name)
    if (name === '.roost') return []
    if (entry.isDirectory()) return [`${name}/`, ...tree(directory, name)]
    return [`${name} ${createHash('sha256').update(readFileSync(join(directory, name))).digest('hex')}`]
  }).sort()
}

const backups = async (roost, name) => (await roost.api('GET', `/v1/servers/${name}/backups`)).body
const good = async (roost, name) => (await backups(roost, name)).backups.filter(b => b.state === 'good')

/** A game that adds to its world while it runs, and at its end. */
async function diary (name, directory, port, { policy = {}, backup = {} } = {}) {
  mkdirSync(directory, { recursive: true })
  return {
    name,
    game: 'tcp',
    listen: [`127.0.0.1:${await freePort()}`],
    local: { command: [process.execPath, join(here, 'games/diary.mjs'), String(port)], directory },
    address: `127.0.0.1:${port}`,
    stop: { signal: 'TERM', within: '10s' },
    policy: { idle_after: '0', ...policy },
    backup
  }
}

async function s3 (t) {
  const directory = mkdtempSync(join(tmpdir(), 'roost-s3-'))
  const port = await freePort()
  mkdirSync(join(directory, 'worlds'))
  let server
  const run = async () => {
    server = spawn(versitygw, ['--port', `127.0.0.1:${port}`, '--access', 'roostkey', '--secret', 'roostsecret', '--region', 'eu-central-1', '--quiet', 'posix', directory], { stdio: 'ignore' })
    await until('the S3 server', () => answers(port))
  }
  const stop = () => new Promise(resolve => { server.once('exit', resolve); server.kill('SIGKILL') })
  await run()
  t.after(async () => { await stop(); rmSync(directory, { recursive: true, force: true }) })
  return { run, stop, store: { name: 'cloud', s3: { endpoint: `http://127.0.0.1:${port}`, bucket: 'worlds', prefix: 'games', region: 'eu-central-1', key: 'roostkey', secret: 'roostsecret' } } }
}

async function restored (roost, name, id, to) {
  const answer = await roost.api('POST', `/v1/servers/${name}/backups/${id}/restore`, { to })
  assert.equal(answer.status, 202, JSON.stringify(answer.body))
  await until('the restore to end', async () => (await roost.events()).some(e => ['restore.finished', 'restore.failed'].includes(e.type) && e.data.request_id === answer.body.request_id) && !(await backups(roost, to)).restore?.step, 60000)
}

for (const where of ['a directory', 'S3']) {
  test(`Luanti: a world that a player was in is backed up before it sleeps, and restored elsewhere (${where})`, { skip: missing(minetest, 'minetest-server') || (where === 'S3' && missing(versitygw, 'versitygw')) }, async t => {
    const gate = await freePort()
    const directory = mkdtempSync(join(tmpdir(), 'roost-backup-'))
    const cloud = where === 'S3' ? await s3(t) : undefined
    const luanti = async name => {
      const [home, port] = [join(directory, name), await freePort()]
      mkdirSync(home)
      writeFileSync(join(home, 'minetest.conf'), 'bind_address = 127.0.0.1\nenable_ipv6 = false\nserver_announce = false\n')
      return {
        name,
        game: 'udp',
        listen: [`127.0.0.1:${name === 'first' ? gate : await freePort()}`],
        udp: { first_bytes: '4f457403', idle: '5s' },
        local: { command: [minetest, '--gameid', 'devtest', '--world', join(home, 'world'), '--port', String(port), '--config', join(home, 'minetest.conf')], directory: home, environment: { HOME: home } },
        address: `127.0.0.1:${port}`,
        stop: { signal: 'TERM', within: '20s' },
        policy: { idle_after: '2s', grace: '0', backup: 'before_sleep' },
        backup: { paths: ['world'], store: cloud ? 'cloud' : 'attic' }
      }
    }
    const roost = await startRoost({ stores: [cloud?.store ?? { name: 'attic', directory: join(directory, 'attic') }], servers: [await luanti('first'), await luanti('second')] })
    t.after(async () => { await roost.stop(); rmSync(directory, { recursive: true, force: true }) })

    const client = new LuantiClient(gate, 'robin')
    t.after(() => client.close())
    await new Promise(resolve => client.once('joined', resolve))
    await until('robin to be on', async () => (await roost.server('first')).players.online === 1)
    client.leave()
    await roost.untilState('first', 'asleep', 90000)
    const [backup] = await good(roost, 'first')
    assert.ok(backup, 'asleep means that there is a good copy')
    assert.equal(backup.kind, 'sleep')
    const before = tree(join(directory, 'first/world'))
    assert.ok(before.some(line => line.startsWith('players.sqlite')), before.join('\n'))

    await restored(roost, 'first', backup.id, 'second')
    assert.deepEqual(tree(join(directory, 'second/world')), before)

    const file = join(directory, 'got.tar.zst')
    const got = await roost.cli(['backup', 'get', 'first', backup.id, '-o', file])
    assert.equal(got.code, 0, got.stderr)
    assert.equal(createHash('sha256').update(readFileSync(file)).digest('hex'), backup.sha256)
    mkdirSync(join(directory, 'third'))
    execFileSync('tar', ['--zstd', '-xf', file, '-C', join(directory, 'third')])
    assert.deepEqual(tree(join(directory, 'third/world')), before)

    await roost.api('POST', '/v1/servers/second/wake')
    await roost.untilState('second', 'ready')
  })
}

test('while the store is away the machine is not released, which is told; and it sleeps when it is back', { skip: missing(versitygw, 'versitygw') }, async t => {
  const directory = mkdtempSync(join(tmpdir(), 'roost-backup-'))
  const cloud = await s3(t)
  const roost = await startRoost({ stores: [cloud.store], servers: [await diary('diary', join(directory, 'diary'), await freePort(), { policy: { backup: 'before_sleep' }, backup: { store: 'cloud' } })] })
  t.after(async () => { await roost.stop(); rmSync(directory, { recursive: true, force: true }) })
  await roost.api('POST', '/v1/servers/diary/wake')
  await roost.untilState('diary', 'ready')
  await cloud.stop()
  await roost.api('POST', '/v1/servers/diary/sleep')
  await until('to be told', async () => (await roost.events()).some(e => e.type.startsWith('backup.') && /nothing listens/.test(JSON.stringify(e.data))), 120000)
  assert.equal((await roost.server('diary')).state, 'settling')
  await cloud.run()
  await roost.untilState('diary', 'asleep', 180000)
  assert.equal((await good(roost, 'diary')).length, 1)
})

for (const where of ['a directory', 'S3']) {
  test(`kill -9 of roost at each step of backup, restore and retention: what was good restores (${where})`, { skip: where === 'S3' && missing(versitygw, 'versitygw') }, async t => {
    const directory = mkdtempSync(join(tmpdir(), 'roost-backup-'))
    const cloud = where === 'S3' ? await s3(t) : undefined
    const options = { policy: { backup: 'before_sleep' }, backup: { store: cloud ? 'cloud' : 'attic', keep: { last: 2, daily: 0, weekly: 0 } } }
    const roost = await startRoost({
      stores: [cloud?.store ?? { name: 'attic', directory: join(directory, 'attic') }],
      servers: [await diary('diary', join(directory, 'diary'), await freePort(), options), await diary('other', join(directory, 'other'), await freePort())]
    })
    t.after(async () => { await roost.stop(); rmSync(directory, { recursive: true, force: true }) })
    const world = () => tree(join(directory, 'diary'))
    const worlds = new Map() // what each good backup is to be

    for (const wait of [5, 40, 120, 250, 450, 800]) {
      await roost.api('POST', '/v1/servers/diary/wake')
      await roost.untilState('diary', 'ready')
      await roost.api('POST', '/v1/servers/diary/sleep')
      await sleep(wait)
      await roost.kill9()
      await roost.restart()
      await roost.untilState('diary', 'asleep', 120000)
      const newest = (await good(roost, 'diary')).at(-1)
      assert.ok(newest, 'asleep means that there is a good copy')
      worlds.set(newest.id, world())
    }
    await until('retention', async () => (await good(roost, 'diary')).length <= 2, 30000)

    for (const wait of [0, 10, 30, 80, 200]) {
      const newest = (await good(roost, 'diary')).at(-1)
      const answer = await roost.api('POST', `/v1/servers/diary/backups/${newest.id}/restore`, { to: 'other' })
      assert.equal(answer.status, 202, JSON.stringify(answer.body))
      await sleep(wait)
      await roost.kill9()
      await roost.restart()
      await until('the restore to end', async () => !(await backups(roost, 'other')).restore?.step, 60000)
      if ((await roost.events()).some(e => e.type === 'restore.finished' && e.data.request_id === answer.body.request_id)) assert.deepEqual(tree(join(directory, 'other')), worlds.get(newest.id))
    }
    for (const backup of await good(roost, 'diary')) {
      await restored(roost, 'diary', backup.id, 'other')
      assert.deepEqual(tree(join(directory, 'other')), worlds.get(backup.id))
    }
  })
}
