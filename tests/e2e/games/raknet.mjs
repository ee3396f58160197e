// SPDX-License-Identifier: Apache-2.0
// A RakNet server of npm's (jsp-raknet), pinged as a Bedrock server is. raknet.mjs PORT
// On its console: `players N`, `stop`; it repeats what it is told.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const require = createRequire(import.meta.url)
const { Server } = require('jsp-raknet')
const ServerName = require('jsp-raknet/js/utils/ServerName').default

const name = new ServerName()
name.motd = 'a §lbedrock§r server'
name.version = '1.20.12'
name.protocol = 594
name.players = { online: 0, max: 7 }
await new Server('127.0.0.1', Number(process.argv[2]), name).listen()
console.log('listening')
createInterface({ input: process.stdin }).on('line', line => {
  console.log(`told: ${line}`)
  const [word, number] = line.split(' ')
  if (word === 'players') name.players.online = Number(number)
  if (word === 'stop') process.exit(0)
})
