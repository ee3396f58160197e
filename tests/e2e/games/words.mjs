// SPDX-License-Identifier: Apache-2.0
// A game with words of its own. Players speak TCP in lines: their name first, then `bye` (they
// leave, and the connection stays) or anything to say. On its console: `hush` (its world stands
// still), `write` (all of it is on disk, said a moment later), `go on`, `stop`. Its world is two
// files that say the same whenever it is at rest.

import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { createHash } from 'node:crypto'
import { mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'

const say = text => console.log(`${new Date().toISOString()} ${text}`)
const digest = text => createHash('sha256').update(text).digest('hex').slice(0, 16)

mkdirSync('world', { recursive: true })
let beats = 0
let hushed = false
try { beats = Number(readFileSync('world/left')) } catch {}
// In place: whoever reads a file meanwhile finds a whole number in it.
const files = ['left', 'right'].map(name => openSync(`world/${name}`, beats > 0 ? 'r+' : 'w+'))
const put = file => writeSync(file, String(beats).padStart(10, '0'), 0)
const beat = () => files.forEach(put)
beat()
setInterval(() => { if (!hushed) { beats++; put(files[0]); setTimeout(() => { if (!hushed) put(files[1]) }, 5) } }, 20)

createServer(socket => {
  let name = ''
  const leave = why => { if (name) say(`* ${name} walks out (${why})`); name = '' }
  createInterface({ input: socket }).on('error', () => {}).on('line', line => {
    if (!name) say(`* ${name = line} walks in`)
    else if (line === 'bye') leave('tired')
    else say(`<${name}> ${line}`)
  })
  socket.on('error', () => {}).on('close', () => leave('gone'))
}).listen(Number(process.argv[2]), '127.0.0.1', () => say(`open, password ${digest(process.env.PASSWORD ?? '')}`))

createInterface({ input: process.stdin }).on('line', line => {
  if (line === 'hush') { hushed = true; say('hushed') }
  else if (line === 'write') setTimeout(() => { beat(); say(`= written at ${beats}`) }, 600)
  else if (line === 'go on') { hushed = false; say('going on') }
  else if (line === 'stop') { beat(); process.exit(0) }
})
