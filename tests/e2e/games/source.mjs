// SPDX-License-Identifier: Apache-2.0
// A stand-in for a Source server: A2S over UDP with challenges and an answer in parts,
// RCON over TCP. It has no console. source.mjs PORT RCON-PORT PASSWORD
// By RCON: `players N`, `long`, `say TEXT`, `quit`. Its faithfulness is checked with
// gamedig and rcon-client, which know nothing of roost.
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

const [port, rconPort, password] = process.argv.slice(2)
let players = 0
const text = value => Buffer.from(value + '\0')
const i32 = value => { const b = Buffer.alloc(4); b.writeInt32LE(value); return b }
const challenge = i32(0x1badcafe)

const udp = createSocket('udp4')
function info () {
  return Buffer.concat([i32(-1), Buffer.from([0x49, 17]), text('a source game'), text('de_dust'), text('cstrike'), text('Practice'),
    Buffer.from([240, 0, players, 12, 0, 0x64, 0x6c, 0, 0]), text('1.0.0.22')])
}
function list () {
  const all = [i32(-1), Buffer.from([0x44, players])]
  for (let i = 0; i < players; i++) all.push(Buffer.from([i]), text(`Player ${i + 1}`), i32(i), Buffer.from([0, 0, 0x80, 0x3f]))
  return Buffer.concat(all)
}
function sendParts (whole, to) {
  const half = Math.ceil(whole.length / 2)
  for (const number of [1, 0]) {
    const head = Buffer.concat([i32(-2), i32(77), Buffer.from([2, number, 0xe0, 0x04])])
    udp.send(Buffer.concat([head, whole.subarray(number * half, (number + 1) * half)]), to.port, to.address)
  }
}
udp.on('message', (asked, from) => {
  const isInfo = asked[4] === 0x54
  if (!asked.subarray(-4).equals(challenge)) {
    udp.send(Buffer.concat([i32(-1), Buffer.from([0x41]), challenge]), from.port, from.address)
  } else if (isInfo) udp.send(info(), from.port, from.address)
  else sendParts(list(), from)
})
udp.bind(Number(port), '127.0.0.1')

function packet (id, type, body) {
  const content = Buffer.concat([i32(id), i32(type), Buffer.from(body), Buffer.from([0, 0])])
  return Buffer.concat([i32(content.length), content])
}
function run (line) {
  const [word, ...rest] = line.split(' ')
  if (word === 'players') { players = Number(rest[0]); return [`players set to ${players}\n`] }
  if (word === 'long') return ['a'.repeat(4000) + '\n', 'the end of it\n']
  if (word === 'say') { console.log(`said: ${rest.join(' ')}`); return [''] }
  if (word === 'quit') { console.log('quitting'); setTimeout(() => process.exit(0), 50); return undefined }
  return [`Unknown command "${word}"\n`]
}
createServer(socket => {
  let have = Buffer.alloc(0)
  let signedIn = false
  socket.on('error', () => {})
  socket.on('data', data => {
    have = Buffer.concat([have, data])
    while (have.length >= 4 && have.length >= 4 + have.readInt32LE(0)) {
      const size = have.readInt32LE(0)
      const [id, type, body] = [have.readInt32LE(4), have.readInt32LE(8), have.toString('utf8', 12, 2 + size)]
      have = have.subarray(4 + size)
      if (type === 3) {
        signedIn = body === password
        socket.write(packet(id, 0, ''))
        socket.write(packet(signedIn ? id : -1, 2, ''))
      } else if (signedIn && type === 2) {
        const answers = run(body)
        if (answers === undefined) { socket.destroy(); return }
        for (const answer of answers) socket.write(packet(id, 0, answer))
      } else if (signedIn && type === 0) socket.write(packet(id, 0, ''))
    }
  })
}).listen(Number(rconPort), '127.0.0.1', () => console.log('listening'))
