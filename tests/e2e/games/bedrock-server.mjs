// SPDX-License-Identifier: Apache-2.0
// In place of Mojang's bedrock_server: npm's (bedrock-protocol), in the directory and with the files
// that the real one has. bedrock-server.mjs GATE-PORT. Its RakNet lets in only who named its own
// port, which the real one does not ask: so it is told that its port is the gate's.
import { createInterface } from 'node:readline'
import dgram from 'node:dgram'
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs'

import { bedrock, version } from './bedrock-protocol.mjs'

const settings = Object.fromEntries(readFileSync('server.properties', 'utf8').split('\n').filter(line => /^[^#].*=/.test(line)).map(line => line.split('=')))
const port = Number(settings['server-port'])
const address = dgram.Socket.prototype.address
dgram.Socket.prototype.address = function () { return { ...address.call(this), port: Number(process.argv[2]) } }

mkdirSync('worlds/world', { recursive: true })
appendFileSync('worlds/world/level.dat', 'started\n')
const server = bedrock.createServer({
  host: '127.0.0.1', port, version, offline: true, raknetBackend: 'jsp-raknet', maxPlayers: Number(settings['max-players']),
  motd: { motd: settings['server-name'], levelName: settings['level-name'] }
})
server.on('connect', client => {
  client.on('join', () => {
    console.log(`[INFO] Player connected: ${client.getUserData().displayName}, xuid: 1`)
    client.write('resource_packs_info', { must_accept: false, has_scripts: false, has_addons: false, behaviour_packs: [], texture_packs: [], resource_pack_links: [] })
  })
})
console.log('[INFO] Server started.')
createInterface({ input: process.stdin }).on('line', line => { if (line.trim() === 'stop') process.exit(0) })
process.on('SIGTERM', () => process.exit(0))
