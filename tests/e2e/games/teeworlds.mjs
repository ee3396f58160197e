// SPDX-License-Identifier: Apache-2.0
// A client of Teeworlds 0.7 up to the server's asking for its ready: the token
// handshake, CONNECT, INFO, READY, then keep-alives; and, when told, into the game. Source: the game's
// src/engine/shared/network.h, network_token.cpp and protocol.h.
import { createSocket } from 'node:dgram'
import { EventEmitter } from 'node:events'
import { randomBytes } from 'node:crypto'

const FLAG = { CONTROL: 1, CONNLESS: 8 }
const [KEEPALIVE, CONNECT, ACCEPT, CLOSE, TOKEN] = [0, 1, 2, 4, 5]
const [INFO, READY, ENTER_GAME] = [1, 18, 19]
const [SAY, START_INFO] = [24, 27] // of the game
const NONE = Buffer.from([0xff, 0xff, 0xff, 0xff])
const TOKEN_REQUEST_SIZE = 512

export class TeeworldsClient extends EventEmitter {
  /** Events: token, accepted, spoken (the server's first message), closed(reason). */
  constructor (port, { host = '127.0.0.1', name = 'tee' } = {}) {
    super()
    this.mine = randomBytes(4)
    this.theirs = NONE
    this.acked = 0
    this.sequence = 0
    this.socket = createSocket('udp4')
    this.socket.on('error', () => {})
    this.socket.on('message', bytes => this.read(bytes))
    this.socket.connect(port, host, () => this.ask())
    this.again = setInterval(() => this.ask(), 500)
  }

  send (flags, chunks, payload) {
    if (this.closed) return
    const head = Buffer.from([(flags << 2) | (this.acked >> 8), this.acked & 0xff, chunks])
    this.socket.send(Buffer.concat([head, this.theirs, payload]), () => {})
  }

  control (kind, extended) {
    this.send(FLAG.CONTROL, 0, Buffer.concat([Buffer.from([kind]), extended ? Buffer.concat([this.mine, Buffer.alloc(TOKEN_REQUEST_SIZE - 4)]) : Buffer.alloc(0)]))
  }

  /** Whatever step we are at is said again until it is answered. */
  ask () {
    if (this.theirs === NONE) this.control(TOKEN, true)
    else if (!this.accepted) this.control(CONNECT, true)
    else this.control(KEEPALIVE, false)
  }

  vital (message, body, ofGame = false) {
    const data = Buffer.concat([Buffer.from([(message << 1) | (ofGame ? 0 : 1)]), body])
    this.sequence++
    const chunk = Buffer.from([(1 << 6) | (data.length >> 6), (data.length & 0x3f) | ((this.sequence >> 2) & 0xc0), this.sequence & 0xff])
    this.send(0, 1, Buffer.concat([chunk, data]))
  }

  read (bytes) {
    const flags = bytes[0] >> 2
    if (bytes.length < 7 || !bytes.subarray(3, 7).equals(this.mine)) return
    if (flags & FLAG.CONTROL) {
      const kind = bytes[7]
      if (kind === TOKEN && this.theirs === NONE) { this.theirs = Buffer.from(bytes.subarray(8, 12)); this.emit('token'); this.ask() }
      if (kind === ACCEPT && !this.accepted) {
        this.accepted = true
        this.emit('accepted')
        this.vital(INFO, Buffer.concat([Buffer.from('0.7 802f1be60a05665f\0'), Buffer.from('\0'), Buffer.from([0x85, 0x1c])]))
      }
      if (kind === CLOSE) { this.emit('closed', bytes.subarray(8).toString()); this.close() }
      return
    }
    // Its messages are compressed; that there are some, in order, is enough here.
    // What comes once it is in the game is not counted as it should be: it is left unconfirmed.
    if (!this.entered) this.acked = (this.acked + bytes[2]) & 0x3ff
    if (!this.spoken) { this.spoken = true; this.emit('spoken'); this.vital(READY, Buffer.alloc(0)) }
  }

  /** Into the game: Cl_StartInfo (name, clan, country, skin), then ENTERGAME. */
  enter (name) {
    this.entered = true
    const text = value => Buffer.from(value + '\0')
    this.vital(START_INFO, Buffer.concat([text(name), text(''), Buffer.from([0x40]), ...Array(6).fill(text('standard')), Buffer.alloc(12)]), true)
    setTimeout(() => this.vital(ENTER_GAME, Buffer.alloc(0)), 300)
  }

  /** Cl_Say to all. */
  say (words) { this.vital(SAY, Buffer.concat([Buffer.from([1, 0x40]), Buffer.from(words + '\0')]), true) }

  close () {
    if (this.closed) return
    this.control(CLOSE, false)
    this.closed = true
    clearInterval(this.again)
    setTimeout(() => this.socket.close(), 20)
  }
}
