// SPDX-License-Identifier: Apache-2.0
// A real game server: flying-squid. squid.mjs VERSION PORT [BOOT-SECONDS]
// The world is generated anew; it stops on the console line `stop` or on SIGTERM.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const squid = createRequire(import.meta.url)('flying-squid')
const [version, port, boot = '0'] = process.argv.slice(2)

setTimeout(() => {
  squid.createMCServer({
    motd: 'a flying squid',
    port: Number(port),
    'max-players': 20,
    'online-mode': false,
    logging: true,
    gameMode: 1,
    difficulty: 1,
    generation: { name: 'superflat', options: { worldHeight: 80 } },
    kickTimeout: 10000,
    plugins: {},
    'view-distance': 2,
    'player-list-text': { header: 'roost', footer: 'test' },
    'everybody-op': true,
    'max-entities': 100,
    version
  })
}, Number(boot) * 1000)

createInterface({ input: process.stdin }).on('line', line => { if (line.trim() === 'stop') process.exit(0) })
process.on('SIGTERM', () => process.exit(0))
