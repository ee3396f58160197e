// SPDX-License-Identifier: Apache-2.0
// The templates that come with roost: declared, installed, started, ready, asked, stopped. Luanti and
// Teeworlds are Debian's own servers. Mojang, PaperMC and Fabric are stood in for by a mirror with
// documents in the form of theirs, and the jar by `roost practice` behind a `java` of our own.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { startRoost, freePort, roostPath } from './harness.mjs'

async function declare (roost, name, template, variables, more = {}) {
  const directory = join(roost.directory, name)
  const { status, body } = await roost.api('PUT', `/v1/servers/${name}`, { name, template, variables, local: { directory }, ...more })
  assert.ok(status < 300, JSON.stringify(body))
  return directory
}

async function wakeAndSleep (roost, name) {
  await roost.api('POST', `/v1/servers/${name}/wake`)
  const ready = await roost.untilState(name, 'ready', 60000).catch(async error => {
    throw new Error(`${error.message}: ${JSON.stringify(await roost.server(name))}`)
  })
  await roost.api('POST', `/v1/servers/${name}/sleep`)
  await roost.untilState(name, 'asleep')
  return ready
}

for (const [template, program, file] of [['luanti', '/usr/games/minetestserver', 'luanti.conf'], ['teeworlds', '/usr/games/teeworlds-server', 'teeworlds.cfg']]) {
  test(`${template} of its template starts, is ready, and stops`, { skip: !existsSync(program) && `${program} is not installed` }, async t => {
    const roost = await startRoost({})
    t.after(() => roost.stop())
    const [port, gate] = [await freePort(), await freePort()]
    const directory = await declare(roost, 'game', template, { port, public_port: gate, title: 'Of our own' })
    await wakeAndSleep(roost, 'game')
    assert.match(readFileSync(join(directory, file), 'utf8'), /Of our own/)
    await wakeAndSleep(roost, 'game')
  })
}

/** Mojang's, PaperMC's and Fabric's documents, as they publish them, for one version. */
async function makers (t) {
  const jars = { vanilla: 'vanilla', paper: 'paper', fabric: 'fabric' }
  const sum = (kind, text) => createHash(kind).update(text).digest('hex')
  const about = JSON.stringify({
    id: '1.21.8',
    downloads: { server: { sha1: sum('sha1', jars.vanilla), size: 7, url: 'https://piston-data.mojang.com/v1/objects/x/server.jar' } },
    javaVersion: { component: 'java-runtime-delta', majorVersion: 21 }
  })
  const pages = {
    '/meta/mc/game/version_manifest_v2.json': JSON.stringify({
      latest: { release: '1.21.8', snapshot: '25w31a' },
      versions: [{ id: '1.21.8', type: 'release', url: 'https://piston-meta.mojang.com/v1/packages/y/1.21.8.json', time: '2025-07-17T12:04:02+00:00', releaseTime: '2025-07-17T12:04:02+00:00', sha1: sum('sha1', about), complianceLevel: 1 }]
    }),
    '/meta/v1/packages/y/1.21.8.json': about,
    '/data/v1/objects/x/server.jar': jars.vanilla,
    '/fill/v3/projects/paper/versions/1.21.8/builds': JSON.stringify([
      { id: 61, time: '2025-09-02T00:00:00.000Z', channel: 'BETA', commits: [], downloads: { 'server:default': { name: 'no.jar', checksums: { sha256: 'x' }, size: 1, url: 'https://fill-data.papermc.io/no' } } },
      { id: 60, time: '2025-09-01T00:00:00.000Z', channel: 'STABLE', commits: [], downloads: { 'server:default': { name: 'paper-1.21.8-60.jar', checksums: { sha256: sum('sha256', jars.paper) }, size: 5, url: 'https://fill-data.papermc.io/v1/objects/z/paper-1.21.8-60.jar' } } }
    ]),
    '/filldata/v1/objects/z/paper-1.21.8-60.jar': jars.paper,
    '/fabric/v2/versions/game': JSON.stringify([{ version: '25w31a', stable: false }, { version: '1.21.8', stable: true }]),
    '/fabric/v2/versions/loader': JSON.stringify([{ separator: '.', build: 2, maven: 'net.fabricmc:fabric-loader:0.17.2', version: '0.17.2', stable: true }]),
    '/fabric/v2/versions/installer': JSON.stringify([{ url: 'https://maven.fabricmc.net/x.jar', maven: 'net.fabricmc:fabric-installer:1.1.0', version: '1.1.0', stable: true }]),
    '/fabric/v2/versions/loader/1.21.8/0.17.2/1.1.0/server/jar': jars.fabric
  }
  const server = createServer((request, response) => pages[request.url] === undefined ? response.writeHead(404).end() : response.end(pages[request.url]))
  const port = await freePort()
  await new Promise(resolve => server.listen(port, '127.0.0.1', resolve))
  t.after(() => { server.closeAllConnections(); server.close() })
  return Object.entries({ 'piston-meta.mojang.com': 'meta', 'piston-data.mojang.com': 'data', 'fill.papermc.io': 'fill', 'fill-data.papermc.io': 'filldata', 'meta.fabricmc.net': 'fabric' })
    .map(([host, place]) => `${host}=http://127.0.0.1:${port}/${place}`)
}

/** A directory with a `java` that says this version and, given a jar, plays a server on its port. */
function javaOf (t, version) {
  const directory = mkdtempSync(join(tmpdir(), 'roost-java-'))
  t.after(() => rmSync(directory, { recursive: true }))
  writeFileSync(join(directory, 'java'), `#!/bin/sh
[ "$1" = -version ] && { echo 'openjdk version "${version}" 2024-01-16' >&2; exit 0; }
test -s server.jar && grep -qx 'eula=true' eula.txt || exit 9
exec '${roostPath}' practice --listen "127.0.0.1:$(sed -n 's/^server-port=//p' server.properties)" --boot 100ms
`)
  chmodSync(join(directory, 'java'), 0o755)
  return directory
}

test('minecraft-java of its template: every edition is found, checked, started and stopped', async t => {
  const java = javaOf(t, '21.0.2')
  const roost = await startRoost({ outbound: { mirrors: await makers(t) } }, { environment: { PATH: `${java}:${process.env.PATH}` } })
  t.after(() => roost.stop())
  for (const edition of ['vanilla', 'paper', 'fabric']) {
    const directory = await declare(roost, edition, 'minecraft-java', { edition, eula: true, port: await freePort(), host: `${edition}.example.org` })
    const ready = await wakeAndSleep(roost, edition)
    assert.equal(readFileSync(join(directory, 'server.jar'), 'utf8'), edition)
    assert.equal(ready.game, 'minecraft-java')
  }
})

test('minecraft-java: the licence is asked for, and Java that is too old is told with what to do', async t => {
  const java = javaOf(t, '17.0.9')
  const roost = await startRoost({ outbound: { mirrors: await makers(t) } }, { environment: { PATH: `${java}:${process.env.PATH}` } })
  t.after(() => roost.stop())
  const refused = await roost.api('PUT', '/v1/servers/a', { name: 'a', template: 'minecraft-java', variables: {} })
  assert.equal(refused.status, 422)
  assert.match(JSON.stringify(refused.body), /eula|licence/)
  await declare(roost, 'b', 'minecraft-java', { eula: true, port: await freePort(), version: '1.21.8' })
  const { code, stderr } = await roost.cli(['install', 'b'])
  assert.equal(code, 1)
  assert.match(stderr, /version 17, and at least 21 is needed.*openjdk-21-jre-headless/)
})
