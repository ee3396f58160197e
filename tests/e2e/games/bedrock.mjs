// SPDX-License-Identifier: Apache-2.0
// A Bedrock server of npm's (bedrock-protocol), offline: whoever comes is let in as far
// as the first packets of the game. bedrock.mjs HOST PORT [BOOT-SECONDS]
// Its RakNet lets in only who named its own port: behind the gate it has the gate's.
import { createInterface } from 'node:readline'

import { bedrock, version } from './bedrock-protocol.mjs'

const [host, port, boot = '0'] = process.argv.slice(2)

setTimeout(() => {
  const server = bedrock.createServer({
    host, port: Number(port), version, offline: true, raknetBackend: 'jsp-raknet', maxPlayers: 9,
    motd: { motd: 'a bedrock server', levelName: 'a level' }
  })
  server.on('connect', client => {
    console.log('somebody connects')
    client.on('join', () => {
      console.log(`${client.getUserData().displayName} joined`)
      client.write('resource_packs_info', { must_accept: false, has_scripts: false, has_addons: false, behaviour_packs: [], texture_packs: [], resource_pack_links: [] })
    })
  })
  console.log('listening')
}, Number(boot) * 1000)
createInterface({ input: process.stdin }).on('line', line => { if (line.trim() === 'stop') process.exit(0) })
process.on('SIGTERM', () => process.exit(0))
