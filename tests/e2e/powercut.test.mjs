// SPDX-License-Identifier: Apache-2.0
// The power goes at each step of a backup, a restore and a retention: roost, its supervisors and its
// games are killed together just before one of them changes a file for the n-th time, for one n after
// the other (powercut.c does that), and then once more while roost recovers. Whatever n was, the last
// good backup restores byte for byte, nothing of it stays behind, and the server wakes. And what a true
// power cut takes besides, bytes that were never synced: the order of syncs and names is looked at.
//
// A sample of all n unless WHOLE=1, which also counts each write into a file. PART=2/3 walks the second third.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

import { Roost, freePort, practice, root, sleep, startRoost, until } from './harness.mjs'

const tool = resolve(root, process.env.ROOST_BUILD ?? 'build', 'tests/powercut')
const CUT = 99 // as powercut.c exits
const whole = process.env.WHOLE === '1'
const [part, parts] = (process.env.PART ?? '1/1').split('/').map(Number)
const every = whole ? parts : 3
const skip = !existsSync(tool)
  ? `${tool} was not built`
  : spawnSync(tool, ['true']).status !== 0 && 'processes may not be traced here (ptrace, seccomp)'

/** Everything below a directory and what is in it; roost's own part left out. */
function tree (directory, path = '') {
  return readdirSync(join(directory, path), { withFileTypes: true }).flatMap(entry => {
    const name = join(path, entry.name)
    if (name === '.roost') return []
    if (entry.isDirectory()) return [`${name}/`, ...tree(directory, name)]
    if (entry.isSymbolicLink()) return [`${name} -> ${readlinkSync(join(directory, name))}`]
    return [`${name} ${lstatSync(join(directory, name)).mode & 0o777} ${createHash('sha256').update(readFileSync(join(directory, name))).digest('hex')}`]
  }).sort()
}

const list = directory => existsSync(directory) ? readdirSync(directory).sort() : []

/** Two servers and a store; the one's world is copied, the other's is where it is restored to. */
class House {
  constructor () {
    this.directory = mkdtempSync(join(tmpdir(), 'roost-power-'))
    this.attic = join(this.directory, 'attic')
    this.turn = 0
    this.worlds = new Map() // what each good backup is to be
  }

  async open (options) {
    const servers = []
    for (const name of ['world', 'other']) {
      const at = join(this.directory, name)
      const server = practice(name, await freePort(), {
        boot: '0',
        hosts: [`${name}.example.org`],
        policy: { backup: name === 'world' ? 'before_sleep' : 'never' },
        backup: { paths: ['save', 'level.dat'], store: 'attic', keep: { last: 2, daily: 0, weekly: 0 } }
      })

      mkdirSync(join(at, 'save/deep'), { recursive: true })
      writeFileSync(join(at, 'save/deep/region'), 'r'.repeat(5000))
      symlinkSync('deep/region', join(at, 'save/link'))
      server.local.directory = at
      // What a game finds when it starts is written down first.
      server.local.command = ['sh', '-c', 'cat level.dat save/deep/turn > ../seen 2>&1; exec "$0" "$@"', ...server.local.command]
      servers.push(server)
    }
    this.roost = await startRoost({ stores: [{ name: 'attic', directory: this.attic }], servers }, { under: [tool, ...options] })
    await this.roost.token()
  }

  async close () {
    if (this.roost?.exit === undefined) await this.roost?.kill9() // what was traced dies with it
    await this.roost?.stop()
    rmSync(this.directory, { recursive: true, force: true })
  }

  world (name = 'world') { return tree(join(this.directory, name)) }

  /** Another world than there was before. */
  change () {
    this.turn++
    writeFileSync(join(this.directory, 'world/level.dat'), `turn ${this.turn}\n`)
    writeFileSync(join(this.directory, 'world/save/deep/turn'), `${'t'.repeat(this.turn)}\n`)
  }

  async ask (method, path, body) {
    const answer = await this.roost.api(method, path, body)
    assert.ok(answer.status < 300, `${method} ${path}: ${JSON.stringify(answer)}`)
    return answer.body
  }

  backups (name = 'world') { return this.ask('GET', `/v1/servers/${name}/backups`) }
  async good () { return (await this.backups()).backups.filter(b => b.state === 'good') }

  /** What is under way, or about to be; undefined: nothing. */
  async work () {
    for (const name of ['world', 'other']) {
      const { state, wanted, phase, reason } = await this.roost.server(name)
      const { backups, restore } = await this.backups(name)
      const unfinished = backups.find(b => !['good', 'failed'].includes(b.state))
      if (!['asleep', 'ready', 'failed'].includes(state) || (wanted === 'up' && state === 'asleep') || (wanted === 'down' && state === 'ready') ||
        restore?.step || unfinished) return { name, state, wanted, phase, reason, restore, unfinished }
    }
  }

  async isAtRest () {
    this.last = await this.work()
    return this.last === undefined
  }

  /** Wait, also while the power goes. Says whether it did. */
  async wait (what, ask) {
    await until(what, () => this.roost.exit !== undefined || ask(), 60000)
      .catch(error => { error.message += ` ${JSON.stringify(this.last)}`; throw error })
    if (this.roost.exit !== undefined) assert.equal(this.roost.exit.code, CUT, this.roost.text().slice(-4000))
    return this.roost.exit !== undefined
  }

  /**
   * After a cut: roost is started, cut once more on its way up when `again` says where, and comes to
   * rest; `hasty`: while somebody wants to play at once.
   */
  async recover (options, again, hasty) {
    if (again > 0) {
      this.roost.under = [tool, '-a', '-n', String(again)]
      const cut = await this.roost.run().then(() => this.wait('rest', () => this.isAtRest()), error => {
        if (this.roost.exit?.code !== CUT) throw error
        return true
      })
      if (!cut) await this.roost.kill9()
    }
    this.roost.under = [tool, ...options]
    rmSync(join(this.directory, 'seen'), { force: true })
    await this.roost.run()
    if (hasty) await this.ask('POST', '/v1/servers/world/wake')
    assert.equal(await this.wait('roost to come to rest', () => this.isAtRest()), false)
  }

  async sleep (name = 'world') {
    if ((await this.roost.server(name)).state === 'ready') await this.ask('POST', `/v1/servers/${name}/sleep`)
    await this.roost.untilState(name, 'asleep')
    await until('rest', () => this.isAtRest())
    await this.note()
  }

  /** What is good now and was not before is to be the world as it is. */
  async note () {
    for (const { id } of await this.good()) if (!this.worlds.has(id)) this.worlds.set(id, this.world())
  }

  async wake (name = 'world') {
    await this.ask('POST', `/v1/servers/${name}/wake`)
    await this.roost.untilState(name, 'ready')
    await until('rest', () => this.isAtRest())
  }

  async restore (id, to) {
    const { request_id: request } = await this.ask('POST', `/v1/servers/world/backups/${id}/restore`, { to })
    return request
  }

  async ended (type, request) {
    return (await this.roost.events(`&type=${type}`)).some(e => e.data.request_id === request)
  }

  /** What is there and should not be. */
  async litter () {
    const known = (await this.backups()).backups.filter(b => b.state === 'good')
    const wanted = known.flatMap(b => [`${b.id}.manifest`, `${b.id}.tar.zst`])
    const found = list(join(this.attic, 'world'))
    const asides = async name => {
      const kept = (await this.backups(name)).restore?.kept ?? 0
      const ours = list(join(this.directory, name, '.roost'))
      return ours.length === kept && ours.every(n => n.startsWith('before-')) ? [] : [`${kept} kept aside`, ...ours]
    }
    return [
      ...(found.length === wanted.length ? [] : found),
      ...list(join(this.attic, '.unfinished')),
      ...await asides('world'), ...await asides('other'),
      ...list(this.roost.dataDir).filter(n => !/^(roost\.(db|db-wal|db-shm|sock|lock)|lock|run|installs?|backups|.*\.pem|secret|key)$/.test(n))
    ]
  }
}

/** What is walked: how it is prepared, begun, and known to have ended; where a sample begins. */
const flows = {
  rest: {
    first: 1,
    prepare: house => house.sleep().then(() => house.change()),
    begin: house => house.ask('POST', '/v1/servers/world/backups'),
    ended: (house, { request_id: request }) => house.ended('backup.finished', request)
  },
  running: {
    first: 2,
    prepare: house => house.sleep().then(() => house.change()).then(() => house.wake()),
    begin: house => house.ask('POST', '/v1/servers/world/backups'),
    ended: (house, { request_id: request }) => house.ended('backup.finished', request)
  },
  sleep: {
    first: 3,
    prepare: house => house.sleep().then(() => house.wake()).then(() => house.change()),
    begin: house => house.ask('POST', '/v1/servers/world/sleep'),
    ended: async house => (await house.roost.server('world')).state === 'asleep'
  },
  restore: {
    first: 1,
    hasty: true,
    prepare: async house => { await house.sleep(); house.change(); house.before = house.world() },
    begin: async house => {
      house.restored = (await house.good()).at(-1).id
      return { request_id: await house.restore(house.restored, 'world') }
    },
    ended: (house, { request_id: request }) => house.ended('restore.finished', request)
  }
}

/** What must be so at rest, wherever the power went. */
async function check (house, newest) {
  await until('retention', async () => (await house.good()).length <= 2)
  const good = await house.good()
  assert.ok(good.length > 0, 'there is a good backup, as there was one')
  assert.ok(good.at(-1).made >= newest.made, 'and it is no older than the last one')
  if (house.restored !== undefined) {
    const seen = existsSync(join(house.directory, 'seen')) ? readFileSync(join(house.directory, 'seen'), 'latin1') : 'turn 0\n\n'
    assert.equal(seen.match(/^turn (\d+)\n(t*)\n$/)?.[1], String(seen.match(/t*\n$/)?.[0].length - 1), `the game was started with half a world: ${seen}`)
    const world = house.world().join('\n')
    assert.ok([house.before, house.worlds.get(house.restored)].some(w => w.join('\n') === world), `the world is the old one or the new one, not ${world}`)
    house.restored = undefined
    await house.wake()
    await house.sleep() // with the world it was given; and the old one is let go
  }
  await house.note()
  const last = (await house.good()).at(-1)
  const request = await house.restore(last.id, 'other')
  await until('the restore to end', () => house.ended('restore.finished', request))
  assert.deepEqual(house.world('other'), house.worlds.get(last.id), 'the last good backup restores')
  await house.wake('other')
  await house.sleep('other')
  let litter
  await until('all to be tidy', async () => (litter = await house.litter()).length === 0).catch(() => assert.fail(`left behind: ${litter.join(', ')}`))
  return last
}

async function walk (t, flow) {
  const house = new House()
  t.after(() => house.close())
  const options = n => [...(whole ? ['-w'] : []), '-n', String(n)]
  let n = whole ? part : flow.first
  await house.open(options(n))
  for (let i = 0; i < 2; i++) {
    house.change()
    const { request_id: request } = await house.ask('POST', '/v1/servers/world/backups')
    await until('a first backup', () => house.ended('backup.finished', request))
    await house.note()
  }
  let newest = (await house.good()).at(-1)
  for (let cuts = 0; ; cuts++, n += every) {
    await flow.prepare(house)
    house.roost.process.kill('SIGUSR1')
    const begun = await flow.begin(house).catch(async error => {
      if (!await Promise.race([house.roost.exited, sleep(2000)])) throw error
    })
    const cut = await house.wait('the end of it', async () => begun && await flow.ended(house, begun) && await house.isAtRest())
    if (!cut) {
      house.roost.process.kill('SIGUSR2')
      newest = await check(house, newest)
      t.diagnostic(`${cuts} cuts, up to number ${n}`)
      assert.ok(cuts >= (whole ? 20 / parts : 4), 'the walk was one')
      return
    }
    await house.recover(options(n + every), n % 2 === 0 ? 1 + (n * 7) % 40 : 0, flow.hasty)
    newest = await check(house, newest).catch(error => { error.message = `cut at ${n}: ${error.message}`; throw error })
  }
}

test('the power goes at each step of a backup at rest and the retention behind it: the last good backup restores', { skip }, t => walk(t, flows.rest))
test('the power goes at each step of a backup of a running server: the last good backup restores', { skip }, t => walk(t, flows.running))
test('the power goes at each step of a sleep that waits for its backup: the last good backup restores', { skip }, t => walk(t, flows.sleep))
test('the power goes at each step of a restore: the last good backup restores', { skip }, t => walk(t, flows.restore))

/**
 * What the disk may be trusted with, call by call of a log: which files have bytes that were never
 * synced, and which names are not in a directory that was synced since. Syncing covers what had ended
 * when it began.
 */
class Disk {
  constructor (house) {
    this.directory = house.directory
    this.record = join(house.roost.dataDir, 'roost.db-wal')
    this.ours = [this.record, ...['attic', 'world', 'other'].map(n => `${join(house.directory, n)}`)]
    this.bytes = new Set()
    this.names = new Set()
    this.syncing = new Map()
    this.named = this.recorded = 0
    this.wrong = []
  }

  below (set, path) { return [...set].filter(p => p === path || p.startsWith(`${path}/`)) }
  isOurs (path) { return path === this.directory || this.ours.some(o => path === o || path.startsWith(`${o}/`)) }
  loose () { return [...this.bytes, ...this.names].filter(p => p !== this.record && !p.includes('/.unfinished/')) }

  /** Before a call. */
  begin (thread, call, path, to) {
    if (/sync/.test(call)) {
      this.syncing.set(thread, call === 'syncfs'
        ? [...this.bytes, ...this.names].filter(p => p !== this.record)
        : [...this.names].filter(p => dirname(p) === path))
    }
    if (call === 'fdatasync' && path === this.record) {
      this.recorded++
      for (const p of this.loose()) this.wrong.push(`roost wrote down that it went on while ${p} was not on the disk`)
    }
    if (/^(rename|link)/.test(call) || (/^unlink/.test(call) && path.endsWith('.manifest'))) {
      if (this.bytes.has(this.record)) this.wrong.push(`${call} ${path} ${to} before it was on the disk that it would be done`)
    }
    if (/^(rename|link)/.test(call)) {
      this.named++
      for (const p of this.below(this.bytes, path)) this.wrong.push(`${to} was named before its bytes were on the disk (${p})`)
      for (const p of this.below(this.names, path)) if (p !== path) this.wrong.push(`${to} was named before the names in it were on the disk (${p})`)
      for (let p = dirname(to); p.length > 1; p = dirname(p)) if (this.names.has(p)) this.wrong.push(`${to} was put into a directory that is not on the disk (${p})`)
    }
  }

  /** After one that did what it was to. */
  end (thread, call, path, to) {
    if (/sync/.test(call)) {
      for (const p of this.syncing.get(thread) ?? []) { this.bytes.delete(p); this.names.delete(p) }
      if (call !== 'syncfs') this.bytes.delete(path)
    } else if (/write|truncate|copy/.test(call)) {
      this.bytes.add(path)
    } else if (/^(rename|link)/.test(call)) {
      for (const set of [this.bytes, this.names]) {
        for (const p of this.below(set, path)) {
          if (call.startsWith('rename')) set.delete(p)
          set.add(to + p.slice(path.length))
        }
      }
      this.names.add(to)
    } else if (/^(unlink|rmdir)/.test(call)) {
      for (const set of [this.bytes, this.names]) for (const p of this.below(set, path)) set.delete(p)
      if (path.endsWith('.manifest')) this.names.add(path) // that it is gone
    } else if (/^(open|creat|mkdir|symlink)/.test(call)) {
      if (path !== this.record) this.names.add(path)
    }
  }

  read (log) {
    for (const line of log.split('\n')) {
      const [what, thread, call, path, to, result] = line.split('\t')
      if (path === undefined || !this.isOurs(path)) continue
      if (what === 'begin') this.begin(thread, call, path, to)
      else if (what === 'end' && Number(result) >= 0) this.end(thread, call, path, to)
    }
  }
}

test('what is named was synced before, and what is written down as done is on the disk', { skip }, async t => {
  const house = new House()
  t.after(() => house.close())
  const log = join(house.directory, 'log')
  await house.open(['-w', '-l', log])
  let before = 0
  const walk = async (name, begin, ended) => {
    await sleep(300) // what was written down behind the last one
    const disk = new Disk(house)
    const from = before
    const begun = await begin()
    await until(name, async () => await ended(begun) && await house.isAtRest())
    disk.read(readFileSync(log).subarray(from).toString())
    before = readFileSync(log).length
    assert.deepEqual(disk.wrong, [], name)
    assert.deepEqual(disk.loose(), [], name)
    assert.ok(disk.named >= 2 && disk.recorded >= 3, `${name}: ${disk.named} names, ${disk.recorded} records`)
    t.diagnostic(`${name}: ${disk.named} names, ${disk.recorded} records`)
  }
  const backup = name => { house.change(); return walk(name, () => house.ask('POST', '/v1/servers/world/backups'), ({ request_id: request }) => house.ended('backup.finished', request)) }
  await until('rest', () => house.isAtRest())
  await backup('the first backup of a new store')
  await backup('a backup')
  await backup('a backup, and the retention behind it')
  await walk('a restore', async () => ({ request_id: await house.restore((await house.good()).at(-1).id, 'other') }), ({ request_id: request }) => house.ended('restore.finished', request))
})
