// SPDX-License-Identifier: Apache-2.0
// Installing a game: steps are carried out before the first start, and never twice; what fails says
// why; what is interrupted is done again. Hosts that give games away are stood in for by a mirror.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { startRoost, freePort, practice, until } from './harness.mjs'
import { mirror } from './mirror.mjs'

const digest = (kind, bytes) => createHash(kind).update(bytes).digest('hex')

/** A server on `roost practice` whose program is downloaded, in a directory of its own. */
async function declared (roost, install, values = {}) {
  const port = await freePort()
  const server = practice('survival', port)
  server.local.directory = join(roost.directory, 'world')
  server.preparation = { files: [], install, values }
  const { status, body } = await roost.api('PUT', '/v1/servers/survival', server)
  assert.ok(status < 300, JSON.stringify(body))
  return server.local.directory
}

const events = async roost =>
  (await roost.api('GET', '/v1/events?server=survival&limit=200')).body.events.map(event => event.type).filter(type => type.startsWith('install.'))

test('a game is installed before its first start, and only then', async t => {
  const jar = 'not really a jar'
  const hosts = await mirror(t, { '/x/server.jar': jar })
  const roost = await startRoost({ outbound: { mirrors: [`games.example.org=${hosts.url}/x`] } })
  t.after(() => roost.stop())
  const directory = await declared(roost, [
    { do: 'download', url: 'https://games.example.org/server.jar', to: 'server.jar', sha256: digest('sha256', jar) },
    { do: 'run', command: ['sh', '-c', 'echo made; echo "$HOME" > home'] }
  ])
  await roost.api('POST', '/v1/servers/survival/wake')
  await roost.untilState('survival', 'ready')
  assert.equal(readFileSync(join(directory, 'server.jar'), 'utf8'), jar)
  assert.equal(readFileSync(join(directory, 'home'), 'utf8'), directory + '\n')
  assert.match(readFileSync(join(directory, '.roost/install.log'), 'utf8'), /made/)
  assert.deepEqual(await events(roost), ['install.started', 'install.finished'])
  await roost.api('POST', '/v1/servers/survival/sleep')
  await roost.untilState('survival', 'asleep')
  await roost.api('POST', '/v1/servers/survival/wake')
  await roost.untilState('survival', 'ready')
  assert.equal(hosts.asked.length, 1)
  assert.deepEqual(await events(roost), ['install.started', 'install.finished'])
})

test('a download that is not what it should be fails the start with the reason, and the next try installs it', async t => {
  const jar = 'not really a jar'
  const hosts = await mirror(t, { '/server.jar': 'something else' })
  const roost = await startRoost({ outbound: { mirrors: [`games.example.org=${hosts.url}`] } })
  t.after(() => roost.stop())
  const directory = await declared(roost, [
    { do: 'download', title: 'Download the game', url: 'https://games.example.org/server.jar', to: 'server.jar', sha1: digest('sha1', jar) }
  ])
  await roost.api('POST', '/v1/servers/survival/wake')
  await roost.untilState('survival', 'failed')
  const server = await roost.server('survival')
  assert.match(server.reason, /Download the game.*SHA-1/)
  assert.ok(!existsSync(join(directory, 'server.jar')))
  assert.deepEqual(await events(roost), ['install.started', 'install.failed'])
  hosts.pages['/server.jar'] = jar
  await roost.api('POST', '/v1/servers/survival/wake')
  await roost.untilState('survival', 'ready')
  assert.equal(readFileSync(join(directory, 'server.jar'), 'utf8'), jar)
})

test('an installation that roost dies in is done again when roost is back', async t => {
  const jar = 'j'.repeat(100000)
  const hosts = await mirror(t, { '/server.jar': { headers: { 'content-length': jar.length }, body: jar.slice(0, 50000), stall: true } })
  const roost = await startRoost({ outbound: { mirrors: [`games.example.org=${hosts.url}`] } })
  t.after(() => roost.stop())
  const directory = await declared(roost, [
    { do: 'download', url: 'https://games.example.org/server.jar', to: 'server.jar', sha256: digest('sha256', jar) }
  ])
  await roost.api('POST', '/v1/servers/survival/wake')
  const progress = await until('half of it to be there', async () => {
    const { install } = await roost.server('survival')
    return install?.bytes === 50000 && install
  })
  assert.deepEqual(progress, { step: 1, steps: 1, title: 'download server.jar', bytes: 50000, bytes_expected: 100000 })
  await roost.kill9()
  hosts.pages['/server.jar'] = jar
  await roost.restart()
  await roost.untilState('survival', 'ready')
  assert.equal(readFileSync(join(directory, 'server.jar'), 'utf8'), jar)
  assert.ok(!existsSync(join(directory, '.roost-new')))
})

test('a sleep ends an installation, and nothing is left half', async t => {
  const hosts = await mirror(t, { '/server.jar': { headers: { 'content-length': 100 }, body: 'half', stall: true } })
  const roost = await startRoost({ outbound: { mirrors: [`games.example.org=${hosts.url}`] } })
  t.after(() => roost.stop())
  const directory = await declared(roost, [{ do: 'download', url: 'https://games.example.org/server.jar', to: 'server.jar', unchecked: true }])
  await roost.api('POST', '/v1/servers/survival/wake')
  await until('the download to begin', () => hosts.asked.length > 0)
  await roost.api('POST', '/v1/servers/survival/sleep')
  await roost.untilState('survival', 'asleep')
  await until('the half to be gone', () => !existsSync(join(directory, '.roost-new')), 8000)
  assert.ok(!existsSync(join(directory, 'server.jar')))
})

test('roost install does it beforehand, does it anew, and says what it did', async t => {
  const hosts = await mirror(t, { '/server.jar': 'one' })
  const roost = await startRoost({ outbound: { mirrors: [`games.example.org=${hosts.url}`] } })
  t.after(() => roost.stop())
  const directory = await declared(roost, [{ do: 'download', url: 'https://games.example.org/server.jar', to: 'server.jar', unchecked: true }])
  const first = await roost.cli(['install', 'survival'])
  assert.equal(first.code, 0, first.stderr)
  assert.match(first.stdout, /survival is installed\. 'server\.jar' was not checked/)
  assert.equal((await roost.server('survival')).state, 'asleep')
  const second = await roost.cli(['install', 'survival'])
  assert.match(second.stdout, /nothing was done/)
  hosts.pages['/server.jar'] = 'two'
  const third = await roost.cli(['install', 'survival', '--again'])
  assert.equal(third.code, 0, third.stderr)
  assert.equal(readFileSync(join(directory, 'server.jar'), 'utf8'), 'two')
  delete hosts.pages['/server.jar']
  const fourth = await roost.cli(['install', 'survival', '--again'])
  assert.equal(fourth.code, 1)
  assert.match(fourth.stderr, /survival is not installed.*404/)
  const cancelled = await roost.cli(['install', 'survival', '--cancel'])
  assert.equal(cancelled.code, 1)
  assert.match(cancelled.stderr, /Nothing is being installed/)
})

test('only mirrors may be plain http or inside: an address of this machine is refused', async t => {
  const hosts = await mirror(t, { '/server.jar': 'secret' })
  const roost = await startRoost({})
  t.after(() => roost.stop())
  const directory = await declared(roost, [{ do: 'download', url: hosts.url.replace('http:', 'https:') + '/server.jar', to: 'a', unchecked: true }])
  const { code, stderr } = await roost.cli(['install', 'survival'])
  assert.equal(code, 1)
  assert.match(stderr, /address of this machine/)
  assert.equal(hosts.asked.length, 0)
  assert.ok(!existsSync(join(directory, 'a')))
})
