// SPDX-License-Identifier: Apache-2.0
// A game over UDP that says back what it hears, to whom it heard it from. udp.mjs PORT [BOOT-SECONDS]
import { createSocket } from 'node:dgram'

const [port, boot = '0'] = process.argv.slice(2)
const known = new Set()
setTimeout(() => {
  const socket = createSocket('udp4')
  socket.on('message', (bytes, from) => {
    const who = `${from.address}:${from.port}`
    if (!known.has(who)) { known.add(who); console.log(`new: ${who}`) }
    socket.send(Buffer.concat([Buffer.from('heard: '), bytes]), from.port, from.address)
  })
  socket.bind(Number(port), '127.0.0.1', () => console.log('Done'))
}, Number(boot) * 1000)
process.on('SIGTERM', () => process.exit(0))
