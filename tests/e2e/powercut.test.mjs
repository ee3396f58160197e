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

  /** After a cut: roost is started, cut once more on its way up when `again` says where, and comes to rest. */
  async recover (options, again) {
    if (again > 0) {
      this.roost.under = [tool, '-a', '-n', String(again)]
      const cut = await this.roost.run().then(() => this.wait('rest', () => this.isAtRest()), error => {
        if (this.roost.exit?.code !== CUT) throw error
        return true
      })
      if (!cut) await this.roost.kill9()
    }
    this.roost.under = [tool, ...options]
    await this.roost.run()
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

/** What is walked: how it is prepared, begun, and known to have ended. */
const flows = {
  'a backup at rest and the retention behind it': {
    prepare: house => house.sleep().then(() => house.change()),
    begin: house => house.ask('POST', '/v1/servers/world/backups'),
    ended: (house, { request_id: request }) => house.ended('backup.finished', request)
  },
  'a backup of a running server': {
    prepare: house => house.sleep().then(() => house.change()).then(() => house.wake()),
    begin: house => house.ask('POST', '/v1/servers/world/backups'),
    ended: (house, { request_id: request }) => house.ended('backup.finished', request)
  },
  'a sleep that waits for its backup': {
    prepare: house => house.sleep().then(() => house.wake()).then(() => house.change()),
    begin: house => house.ask('POST', '/v1/servers/world/sleep'),
    ended: async house => (await house.roost.server('world')).state === 'asleep'
  },
  'a restore': {
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
  await until('all to be tidy', async () => (litter = await house.litter()).length === 0, 10000).catch(() => assert.fail(`left behind: ${litter.join(', ')}`))
  return last
}

Object.entries(flows).forEach(([name, flow], index) => test(`the power goes at each step of ${name}: the last good backup restores`, { skip }, async t => {
  const house = new House()
  t.after(() => house.close())
  const options = n => [...(whole ? ['-w'] : []), '-n', String(n)]
  let n = whole ? part : 1 + index
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
    await house.recover(options(n + every), n % 2 === 0 ? 1 + (n * 7) % 40 : 0)
    newest = await check(house, newest).catch(error => { error.message = `cut at ${n}: ${error.message}`; throw error })
  }
}))
