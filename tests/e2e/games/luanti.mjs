// SPDX-License-Identifier: Apache-2.0
// A client of Luanti (Minetest) that does what the real one does on the wire, up to
// standing in the world: peer id, TOSERVER_INIT, first SRP sign-in, INIT2, CLIENT_READY,
// its position ten times a second. Source: the game's src/network/connection.h and
// networkprotocol.h (protocol versions 37 to 41).
import { createSocket } from 'node:dgram'
import { EventEmitter } from 'node:events'

const PROTOCOL = 0x4f457403
const [CONTROL, ORIGINAL, SPLIT, RELIABLE] = [0, 1, 2, 3]
const [ACK, SET_PEER_ID, PING, DISCO] = [0, 1, 2, 3]
const TO_SERVER = { INIT: 0x02, INIT2: 0x11, PLAYERPOS: 0x23, CHAT: 0x32, READY: 0x43, FIRST_SRP: 0x50 }
const TO_CLIENT = { HELLO: 0x02, AUTH_ACCEPT: 0x03, ACCESS_DENIED: 0x0a }

const u8 = n => Buffer.from([n])
const u16 = n => { const b = Buffer.alloc(2); b.writeUInt16BE(n & 0xffff); return b }
const u32 = n => { const b = Buffer.alloc(4); b.writeUInt32BE(n >>> 0); return b }
const text = value => Buffer.concat([u16(Buffer.byteLength(value)), Buffer.from(value)])

export class LuantiClient extends EventEmitter {
  /** Events: hello(version), joined, denied(reason), closed, from(address). */
  constructor (port, name, { host = '127.0.0.1' } = {}) {
    super()
    this.name = name
    this.peer = 0
    this.sequence = [65500, 65500, 65500]
    this.unconfirmed = new Map()
    this.parts = new Map()
    this.heard = 0
    this.socket = createSocket('udp4')
    this.socket.on('message', (bytes, from) => { this.heard++; this.read(bytes, from) })
    this.socket.on('error', () => {}) // ICMP: said again
    this.socket.connect(port, host, () => {
      this.address = this.socket.address()
      this.reliable(0, Buffer.concat([u8(ORIGINAL)]))
    })
    this.again = setInterval(() => { for (const bytes of this.unconfirmed.values()) this.raw(bytes.channel, bytes.body) }, 250)
    this.greet = setInterval(() => { if (this.peer !== 0 && !this.hello) this.sendInit() }, 500)
  }

  raw (channel, body) {
    if (this.closed) return
    this.socket.send(Buffer.concat([u32(PROTOCOL), u16(this.peer), u8(channel), body]), () => {})
  }

  reliable (channel, body) {
    const number = this.sequence[channel]++ & 0xffff
    const whole = Buffer.concat([u8(RELIABLE), u16(number), body])
    this.unconfirmed.set(`${channel}:${number}`, { channel, body: whole })
    this.raw(channel, whole)
  }

  command (number, payload, channel = 1) { this.reliable(channel, Buffer.concat([u8(ORIGINAL), u16(number), payload])) }

  sendInit () {
    this.raw(1, Buffer.concat([u8(ORIGINAL), u16(TO_SERVER.INIT), u8(29), u16(0), u16(37), u16(41), text(this.name)]))
  }

  read (bytes, from) {
    if (bytes.length < 8 || bytes.readUInt32BE(0) !== PROTOCOL) return
    this.inner(bytes[6], bytes.subarray(7))
  }

  inner (channel, body) {
    switch (body[0]) {
      case RELIABLE:
        this.raw(channel, Buffer.concat([u8(CONTROL), u8(ACK), body.subarray(1, 3)]))
        this.inner(channel, body.subarray(3))
        return
      case CONTROL:
        if (body[1] === ACK) this.unconfirmed.delete(`${channel}:${body.readUInt16BE(2)}`)
        if (body[1] === SET_PEER_ID && this.peer === 0) { this.peer = body.readUInt16BE(2); this.emit('peer', this.peer); this.sendInit() }
        if (body[1] === DISCO) this.close()
        return
      case SPLIT: {
        const [number, count, index] = [body.readUInt16BE(1), body.readUInt16BE(3), body.readUInt16BE(5)]
        const key = `${channel}:${number}`
        const parts = this.parts.get(key) ?? new Array(count)
        parts[index] = body.subarray(7)
        this.parts.set(key, parts)
        if (parts.filter(Boolean).length < count) return
        this.parts.delete(key)
        this.hear(Buffer.concat(parts))
        return
      }
      case ORIGINAL:
        this.hear(body.subarray(1))
    }
  }

  hear (message) {
    if (message.length < 2) return
    switch (message.readUInt16BE(0)) {
      case TO_CLIENT.HELLO:
        if (this.hello) return
        this.hello = { serialization: message[2], protocol: message.readUInt16BE(5), mechanisms: message.readUInt32BE(7) }
        this.emit('hello', this.hello)
        // A salt and a verifier of a password that nobody needs again.
        this.command(TO_SERVER.FIRST_SRP, Buffer.concat([text('saltsaltsaltsalt'), text('v'.repeat(256)), u8(1)]))
        return
      case TO_CLIENT.AUTH_ACCEPT:
        this.command(TO_SERVER.INIT2, text(''))
        setTimeout(() => {
          this.command(TO_SERVER.READY, Buffer.concat([u8(5), u8(6), u8(1), u8(0), text('5.6.1'), u16(4)]))
          this.emit('joined')
          this.walk = setInterval(() => this.stand(), 100)
        }, 300)
        return
      case TO_CLIENT.ACCESS_DENIED:
        this.emit('denied', message[2])
    }
  }

  stand () {
    this.raw(0, Buffer.concat([u8(ORIGINAL), u16(TO_SERVER.PLAYERPOS), Buffer.alloc(12), Buffer.alloc(12), u32(0), u32(0), u32(0), u8(80), u8(2)]))
  }

  say (line) {
    const wide = Buffer.from(line, 'utf16le').swap16()
    this.command(TO_SERVER.CHAT, Buffer.concat([u16(line.length), wide]))
  }

  /** As the real one leaves: it says so. */
  leave () {
    this.raw(0, Buffer.concat([u8(CONTROL), u8(DISCO)]))
    setTimeout(() => this.close(), 50)
  }

  close () {
    if (this.closed) return
    this.closed = true
    for (const timer of [this.again, this.greet, this.walk]) clearInterval(timer)
    this.socket.close()
    this.emit('closed')
  }
}
