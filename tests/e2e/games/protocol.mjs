// SPDX-License-Identifier: Apache-2.0
// minecraft-protocol's own server, for versions that flying-squid lacks.
// protocol.mjs VERSION PORT [BOOT-SECONDS]
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const require = createRequire(import.meta.url)
const protocol = require('minecraft-protocol')
const [version, port, boot = '0'] = process.argv.slice(2)

/** As vanilla does, and this server by itself does not: who is on. */
function named (answer) {
  answer.players.sample = Object.values(server.clients).filter(client => client.state === 'play')
    .map(client => ({ name: client.username, id: client.uuid }))
}

let server
setTimeout(() => {
  server = protocol.createServer({ 'online-mode': false, host: '127.0.0.1', port: Number(port), version, motd: 'a protocol server', maxPlayers: 20, beforePing: named })
  const { loginPacket } = require('minecraft-data')(version)
  server.on('playerJoin', client => {
    console.log(`${client.username} joined the game`)
    client.write('login', { ...loginPacket, entityId: client.id })
  })
  server.on('listening', () => console.log('Done! The server listens'))
  server.on('error', error => { console.error(error); process.exit(1) })
}, Number(boot) * 1000)

createInterface({ input: process.stdin }).on('line', line => { if (line.trim() === 'stop') process.exit(0) })
process.on('SIGTERM', () => process.exit(0))
