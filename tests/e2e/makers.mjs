// SPDX-License-Identifier: Apache-2.0
// Those who give games away, on a mirror of this machine: their documents have the members and the
// form that each publishes, and each is as strict about who asks as it is. Where that is written:
//  - Mojang, Java: https://minecraft.wiki/w/Version_manifest.json (version_manifest_v2.json: `sha1` is
//    of the version's own document) and https://minecraft.wiki/w/Client.json (`downloads.server`,
//    `javaVersion.majorVersion`). Hosts: piston-meta.mojang.com, piston-data.mojang.com.
//  - Mojang, Bedrock: what the page https://www.minecraft.net/en-us/download/server/bedrock asks,
//    https://net-secondary.web.minecraft-services.net/api/v1.0/download/links; the archives are at
//    www.minecraft.net, which lets a request without a User-Agent hang.
//  - PaperMC: https://docs.papermc.io/misc/downloads-service and https://fill.papermc.io/swagger-ui/
//    (v3: an array, newest first; `channel` ALPHA, BETA, STABLE or RECOMMENDED; addresses are taken
//    from the answer, at fill-data.papermc.io). A User-Agent must name the program and an address.
//  - Fabric: https://github.com/FabricMC/fabric-meta (v2: arrays, newest first).

import { createHash } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { freePort, roostPath } from './harness.mjs'

const sum = (kind, text) => createHash(kind).update(text).digest('hex')
export const jars = { vanilla: 'vanilla', paper: 'paper', fabric: 'fabric' }
const version = '26.2'

function javaPages () {
  const about = JSON.stringify({
    id: version,
    type: 'release',
    downloads: { client: { sha1: 'a', size: 1, url: 'https://piston-data.mojang.com/v1/objects/a/client.jar' }, server: { sha1: sum('sha1', jars.vanilla), size: 7, url: 'https://piston-data.mojang.com/v1/objects/x/server.jar' } },
    javaVersion: { component: 'java-runtime-epsilon', majorVersion: 25 },
    mainClass: 'net.minecraft.client.main.Main'
  })
  const entry = (id, sha1) => ({ id, type: 'release', url: `https://piston-meta.mojang.com/v1/packages/${sha1}/${id}.json`, time: '2026-07-17T12:04:02+00:00', releaseTime: '2026-07-17T12:04:02+00:00', sha1, complianceLevel: 1 })
  return {
    'piston-meta.mojang.com/mc/game/version_manifest_v2.json': JSON.stringify({
      latest: { release: version, snapshot: '26.3-snapshot-2' },
      versions: [{ ...entry('26.3-snapshot-2', 'b'.repeat(40)), type: 'snapshot' }, entry(version, sum('sha1', about)), entry('1.21.11', 'c'.repeat(40))]
    }),
    [`piston-meta.mojang.com/v1/packages/${sum('sha1', about)}/${version}.json`]: about,
    'piston-data.mojang.com/v1/objects/x/server.jar': jars.vanilla
  }
}

function paperPages () {
  const build = (id, channel, jar) => ({
    id,
    time: '2026-09-01T00:00:00.000Z',
    channel,
    commits: [{ sha: 'd'.repeat(40), time: '2026-09-01T00:00:00.000Z', message: 'Mend it' }],
    downloads: { 'server:default': { name: `paper-${version}-${id}.jar`, checksums: { sha256: sum('sha256', jar) }, size: jar.length, url: `https://fill-data.papermc.io/v1/objects/${sum('sha256', jar)}/paper-${version}-${id}.jar` } }
  })
  return {
    [`fill.papermc.io/v3/projects/paper/versions/${version}/builds`]: JSON.stringify([build(61, 'BETA', 'no'), build(60, 'STABLE', jars.paper), build(59, 'STABLE', 'old')]),
    [`fill-data.papermc.io/v1/objects/${sum('sha256', jars.paper)}/paper-${version}-60.jar`]: jars.paper
  }
}

function fabricPages () {
  return {
    'meta.fabricmc.net/v2/versions/game': JSON.stringify([{ version: '26.3-snapshot-2', stable: false }, { version, stable: true }]),
    'meta.fabricmc.net/v2/versions/loader': JSON.stringify([{ separator: '.', build: 5, maven: 'net.fabricmc:fabric-loader:0.19.0', version: '0.19.0', stable: false }, { separator: '.', build: 2, maven: 'net.fabricmc:fabric-loader:0.18.4', version: '0.18.4', stable: true }]),
    'meta.fabricmc.net/v2/versions/installer': JSON.stringify([{ url: 'https://maven.fabricmc.net/x.jar', maven: 'net.fabricmc:fabric-installer:1.1.1', version: '1.1.1', stable: true }]),
    [`meta.fabricmc.net/v2/versions/loader/${version}/0.18.4/1.1.1/server/jar`]: jars.fabric
  }
}

const bedrockVersion = '1.26.33.2'
const bedrockPages = archive => ({
  'net-secondary.web.minecraft-services.net/api/v1.0/download/links': JSON.stringify({
    result: {
      links: ['Windows', 'Linux', 'PreviewWindows', 'PreviewLinux'].map(kind => ({
        downloadType: `serverBedrock${kind}`,
        downloadUrl: `https://www.minecraft.net/bedrockdedicatedserver/bin-${kind.toLowerCase().replace('preview', '')}${kind.startsWith('Preview') ? '-preview' : ''}/bedrock-server-${bedrockVersion}.zip`
      }))
    }
  }),
  [`www.minecraft.net/bedrockdedicatedserver/bin-linux/bedrock-server-${bedrockVersion}.zip`]: archive
})

/** May who asks so be answered there? */
function refusal (host, agent) {
  if (host === 'fill.papermc.io' && !/^\S+\/\S+ \(\S*([@]|https?:\/\/)\S+\)$/.test(agent)) return 403
  if (host === 'www.minecraft.net' && agent === '') return 403
}

/** The mirror; returns `outbound.mirrors` for it. `archive()`: Bedrock's. */
export async function makers (t, archive = () => '') {
  const pages = { ...javaPages(), ...paperPages(), ...fabricPages(), ...bedrockPages(archive) }
  const server = createServer((request, response) => {
    const path = request.url.slice(1)
    const page = pages[path]
    const status = page === undefined ? 404 : refusal(path.split('/')[0], request.headers['user-agent'] ?? '')
    if (status) response.writeHead(status).end()
    else response.end(typeof page === 'function' ? page() : page)
  })
  const port = await freePort()
  await new Promise(resolve => server.listen(port, '127.0.0.1', resolve))
  t.after(() => { server.closeAllConnections(); server.close() })
  return [...new Set(Object.keys(pages).map(path => path.split('/')[0]))].map(host => `${host}=http://127.0.0.1:${port}/${host}`)
}

/** A directory with a `java` that says this version and, given a jar, plays a server in its directory. */
export function javaOf (t, says) {
  const directory = mkdtempSync(join(tmpdir(), 'roost-java-'))
  t.after(() => rmSync(directory, { recursive: true }))
  writeFileSync(join(directory, 'java'), `#!/bin/sh
[ "$1" = -version ] && { echo 'openjdk version "${says}" 2025-10-21' >&2; exit 0; }
test -s server.jar && grep -qx 'eula=true' eula.txt || exit 9
exec '${roostPath}' practice --listen "127.0.0.1:$(sed -n 's/^server-port=//p' server.properties)" --boot 100ms --world world
`)
  chmodSync(join(directory, 'java'), 0o755)
  return directory
}
