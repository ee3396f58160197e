// SPDX-License-Identifier: Apache-2.0
// Any TCP game: the first bytes wake it, are held, and reach it. The real one is
// Debian's freeciv-server, spoken to with the first packet of its own protocol.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect } from 'node:net'
import { existsSync } from 'node:fs'

import { startRoost, freePort, roostPath, until } from './harness.mjs'

const freeciv = ['/usr/games/freeciv-server', '/usr/bin/freeciv-server'].find(existsSync)

// It will not run as root.
const unprivileged = process.getuid() === 0 ? ['/usr/bin/setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : []

/** Freeciv's PACKET_SERVER_JOIN_REQ (common/networking/packets.def): u16 length, u8 type 4, then text fields and versions. */
function joinRequest (name, capability) {
  const text = value => Buffer.from(value + '\0')
  const number = value => { const b = Buffer.alloc(4); b.writeUInt32BE(value); return b }
  const body = Buffer.concat([Buffer.from([4]), text(name), text(capability), text(''), number(3), number(0), number(6)])
  const length = Buffer.alloc(2)
  length.writeUInt16BE(body.length + 2)
  return Buffer.concat([length, body])
}

function firstAnswer (port, bytes, within = 60000) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    const timer = setTimeout(() => { socket.destroy(); reject(new Error(`no answer in ${within} ms`)) }, within)
    socket.once('data', data => { clearTimeout(timer); resolve({ data, socket }) })
    socket.once('close', () => { clearTimeout(timer); reject(new Error('closed without an answer')) })
    socket.on('error', () => {})
  })
}

test('freeciv-server is woken by a real join request, which is held and answered', { skip: !freeciv && 'freeciv-server is not installed' }, async t => {
  const [port, gate] = [await freePort(), await freePort()]
  const roost = await startRoost({
    servers: [{
      name: 'freeciv',
      game: 'tcp',
      listen: [`127.0.0.1:${gate}`],
      local: { command: [...unprivileged, freeciv, '-p', String(port), '-b', '127.0.0.1', '-e'], directory: '/tmp', environment: { HOME: '/tmp' } },
      address: `127.0.0.1:${port}`,
      stop: { console: '/quit', within: '10s' },
      policy: { idle_after: '0' }
    }]
  })
  t.after(() => roost.stop())
  assert.equal((await roost.server('freeciv')).state, 'asleep')
  const { data, socket } = await firstAnswer(gate, joinRequest('robin', '+Freeciv-3.0-network ownernull16'))
  // A frame of the game's own: packed (0xffff and a long length, or a length from 0x4000 on) or plain with a length that fits.
  const length = data.readUInt16BE(0)
  assert.ok(length === 0xffff || length >= 0x4000 || length <= data.length, `length ${length} of ${data.length}`)
  await until('the game to know robin', async () => {
    const { body } = await roost.api('GET', '/v1/servers/freeciv/console')
    return JSON.stringify(body).includes('robin')
  })
  assert.equal((await roost.server('freeciv')).state, 'ready')
  socket.destroy()
  await roost.api('POST', '/v1/servers/freeciv/sleep')
  await roost.untilState('freeciv', 'asleep')
})

test('a tcp game that is ready when a named line appears', async t => {
  const [port, gate] = [await freePort(), await freePort()]
  const roost = await startRoost({
    servers: [{
      name: 'echo',
      game: 'tcp',
      listen: [`127.0.0.1:${gate}`],
      local: { command: [roostPath, 'practice', '--tcp', '--listen', `127.0.0.1:${port}`, '--boot', '1s'], directory: '.' },
      address: `127.0.0.1:${port}`,
      ready_line: 'Done',
      stop: { console: 'stop', within: '10s' },
      policy: { idle_after: '0' }
    }]
  })
  t.after(() => roost.stop())
  const { socket } = await firstAnswer(gate, 'hello there\n')
  await new Promise((resolve, reject) => {
    let got = ''
    const timer = setTimeout(() => reject(new Error(`only got: ${got}`)), 10000)
    socket.on('data', data => { got += data; if (got.includes('again')) { clearTimeout(timer); resolve() } })
    socket.write('again\n')
  })
  socket.destroy()
})
