// SPDX-License-Identifier: Apache-2.0
// Clients: real ones (minecraft-protocol), and raw sockets for what no real
// client does, such as never answering or leaving in the middle of a packet.

import { connect } from 'node:net'
import { createRequire } from 'node:module'

const protocol = createRequire(import.meta.url)('minecraft-protocol')

/**
 * Join with a real client; resolves when the game has let it in. `at` is what that is: 'success' (the
 * login was accepted, all that `roost practice` has to offer) or 'login' (in the world of a real game).
 */
export function join ({ port, host = 'localhost', username = 'tester', version, at = 'success', within = 120000 }) {
  return new Promise((resolve, reject) => {
    const client = protocol.createClient({ host: '127.0.0.1', port, fakeHost: host, username, version, auth: 'offline', hideErrors: true, closeTimeout: within, noPongTimeout: within })
    const timer = setTimeout(() => fail(new Error(`${version}: not in the game after ${within} ms`)), within)
    let kicked
    function fail (error) { clearTimeout(timer); client.end(); reject(error) }
    client.once(at, () => { clearTimeout(timer); resolve(client) })
    client.on('disconnect', packet => { kicked = JSON.stringify(packet.reason) })
    client.on('kick_disconnect', packet => { kicked = JSON.stringify(packet.reason) })
    client.on('error', error => fail(error))
    client.on('end', () => fail(Object.assign(new Error(`${version}: disconnected: ${kicked ?? 'without a reason'}`), { kicked })))
  })
}

/** A status ping with a real client. */
export function ping ({ port, host = 'localhost', version = '1.20.4' }) {
  return new Promise((resolve, reject) => {
    protocol.ping({ host: '127.0.0.1', port, fakeHost: host, version, closeTimeout: 10000, noPongTimeout: 10000 }, (error, answer) => error ? reject(error) : resolve(answer))
  })
}

export function varint (number) {
  const bytes = []
  let left = number >>> 0
  do {
    bytes.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0))
    left >>>= 7
  } while (left > 0)
  return Buffer.from(bytes)
}

export function text (value) {
  const bytes = Buffer.from(value, 'utf8')
  return Buffer.concat([varint(bytes.length), bytes])
}

export function frame (...parts) {
  const body = Buffer.concat(parts)
  return Buffer.concat([varint(body.length), body])
}

export function handshake ({ protocol = 767, host = 'localhost', port = 25565, intent }) {
  const number = Buffer.alloc(2)
  number.writeUInt16BE(port)
  return frame(varint(0), varint(protocol), text(host), number, varint(intent))
}

export function loginStart (name, protocol = 767) {
  if (protocol >= 764) return frame(varint(0), text(name), Buffer.alloc(16, 7))
  return frame(varint(0), text(name))
}

/** A raw client: collects what comes, in frames. */
export class RawClient {
  constructor (port) {
    this.bytes = Buffer.alloc(0)
    this.frames = []
    this.socket = connect(port, '127.0.0.1')
    this.socket.setNoDelay(true)
    this.closed = new Promise(resolve => this.socket.once('close', resolve))
    this.socket.on('error', () => {})
    this.socket.on('data', data => { this.bytes = Buffer.concat([this.bytes, data]); this.cut() })
  }

  cut () {
    for (;;) {
      let length = 0; let at = 0; let shift = 0
      for (;;) {
        if (at >= this.bytes.length) return
        const byte = this.bytes[at++]
        length |= (byte & 0x7f) << shift
        shift += 7
        if (!(byte & 0x80)) break
      }
      if (this.bytes.length < at + length) return
      this.frames.push(this.bytes.subarray(at, at + length))
      this.bytes = this.bytes.subarray(at + length)
    }
  }

  send (...parts) { this.socket.write(Buffer.concat(parts)) }
  leave () { this.socket.destroy() }
}

/** Send bytes, read until the other side closes (or `within`). */
export function exchange (port, bytes, { within = 5000, end = false } = {}) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => { socket.write(bytes); if (end) socket.end() })
    const got = []
    const timer = setTimeout(() => { socket.destroy(); resolve(Buffer.concat(got)) }, within)
    socket.on('data', data => got.push(data))
    socket.on('error', error => { clearTimeout(timer); reject(error) })
    socket.on('close', () => { clearTimeout(timer); resolve(Buffer.concat(got)) })
  })
}
