// SPDX-License-Identifier: Apache-2.0
// RFC 6455 and 7692 over the wire, against the real daemon: the cases of the Autobahn
// suite that a server must pass (numbers are its), by hand-made frames over a raw
// socket, and by npm's `ws`. What makes it hard: roost answers actions, it does not
// echo; a message that arrived whole shows by the id that comes back.

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { deflateRawSync, inflateRawSync, constants } from 'node:zlib'
import WebSocket from 'ws'

import { freePort, practice, sleep, startRoost, until } from './harness.mjs'

const messageLimit = 128 * 1024
const frameLimit = 32 * 1024
const tail = Buffer.from([0, 0, 0xff, 0xff])
let roost, token

before(async () => {
  roost = await startRoost({ http: {} })
  token = await roost.token()
})
after(() => roost?.stop())

// --- a client by hand -------------------------------------------------------------------

/** One frame of a client; `first` is its first byte. */
function frame (first, payload = '', { masked = true } = {}) {
  const bytes = Buffer.from(payload)
  const mask = masked ? randomBytes(4) : Buffer.alloc(0)
  let head
  if (bytes.length < 126) {
    head = Buffer.from([first, bytes.length])
  } else if (bytes.length < 65536) {
    head = Buffer.from([first, 126, 0, 0])
    head.writeUInt16BE(bytes.length, 2)
  } else {
    head = Buffer.from([first, 127, 0, 0, 0, 0, 0, 0, 0, 0])
    head.writeUInt32BE(bytes.length, 6)
  }
  if (masked) head[1] |= 0x80
  return Buffer.concat([head, mask, masked ? bytes.map((byte, i) => byte ^ mask[i % 4]) : bytes])
}

const text = payload => frame(0x81, payload)
const close = (code, reason = '') => frame(0x88, Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]))
const ask = id => JSON.stringify({ action: 'ping', id })
const deflate = payload => {
  const bytes = deflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH })
  assert.deepEqual(bytes.subarray(-4), tail)
  return bytes.subarray(0, -4)
}

/** The frames of a server, as they come; strict about what a server may send. */
class Raw {
  constructor (socket, deflated) {
    this.socket = socket
    this.deflated = deflated
    this.bytes = Buffer.alloc(0)
    this.frames = []
    this.ended = false
    socket.on('error', () => { this.ended = true })
    socket.on('close', () => { this.ended = true })
    socket.on('end', () => { this.ended = true })
  }

  take (bytes) {
    this.bytes = Buffer.concat([this.bytes, bytes])
    for (;;) {
      if (this.bytes.length < 2) return
      let length = this.bytes[1]; let at = 2
      assert.ok(length < 128, 'a server does not mask')
      if (length === 126) { if (this.bytes.length < 4) return; length = this.bytes.readUInt16BE(2); at = 4 } else
      if (length === 127) { if (this.bytes.length < 10) return; length = Number(this.bytes.readBigUInt64BE(2)); at = 10 }
      if (this.bytes.length < at + length) return
      const first = this.bytes[0]
      let payload = this.bytes.subarray(at, at + length)
      this.bytes = this.bytes.subarray(at + length)
      assert.ok(first & 0x80, 'whole messages')
      assert.equal(first & 0x30, 0)
      if (first & 0x40) {
        assert.ok(this.deflated && (first & 0x0f) < 8, 'compressed only where that was agreed on')
        payload = inflateRawSync(Buffer.concat([payload, tail]), { finishFlush: constants.Z_SYNC_FLUSH })
      }
      this.frames.push({ opcode: first & 0x0f, deflated: !!(first & 0x40), payload: Buffer.from(payload) })
    }
  }

  write (...parts) { if (!this.socket.destroyed) this.socket.write(Buffer.concat(parts)) }

  /** Byte by byte, or in as many small writes as take no longer than a moment. */
  async drip (bytes) {
    const step = Math.max(1, Math.ceil(bytes.length / 100))
    for (let at = 0; at < bytes.length && !this.socket.destroyed; at += step) {
      this.socket.write(bytes.subarray(at, at + step))
      await sleep(1)
    }
  }

  async next (what = 'a frame') {
    await until(what, () => {
      if (this.frames.length === 0 && this.ended) throw Object.assign(new Error(`ended before ${what}`), { final: true })
      return this.frames.length > 0
    }, 10000)
    return this.frames.shift()
  }

  /** What came, in words: T:text, I:ping, O:pong, C1000 close. An answer to ask() is its id. */
  async record (what) {
    const frame = await this.next(what)
    const payload = frame.payload.toString('latin1')
    if (frame.opcode === 8) return frame.payload.length ? `C${frame.payload.readUInt16BE(0)}` : 'C'
    if (frame.opcode === 9) return `I:${payload}`
    if (frame.opcode === 10) return `O:${payload}`
    assert.equal(frame.opcode, 1)
    const message = JSON.parse(frame.payload.toString())
    return message.type === 'answer' ? `T:${message.ok ? '' : 'problem '}${message.id}` : `T:${message.type}`
  }

  async untilEnded () {
    await until('the connection to end', () => this.ended, 10000)
    this.socket.destroy()
  }
}

/** Send a request as it is; the answer's status, headers and the socket. */
function upgrade (lines, { method = 'GET', authorized = true } = {}) {
  return new Promise((resolve, reject) => {
    const socket = connect(roost.httpPort, '127.0.0.1')
    let bytes = Buffer.alloc(0)
    const head = [`${method} /v1/ws HTTP/1.1`, 'Host: localhost', ...(authorized ? [`Authorization: Bearer ${token}`] : []), ...lines]
    socket.setNoDelay(true)
    socket.on('error', reject)
    socket.write(head.join('\r\n') + '\r\n\r\n')
    socket.setTimeout(20000, () => { socket.destroy(); reject(new Error('no answer to the handshake')) })
    const onData = data => {
      bytes = Buffer.concat([bytes, data])
      const end = bytes.indexOf('\r\n\r\n')
      if (end < 0) return
      socket.off('data', onData)
      socket.off('error', reject)
      socket.setTimeout(0)
      const [line, ...fields] = bytes.subarray(0, end).toString().split('\r\n')
      const headers = Object.fromEntries(fields.map(field => [field.slice(0, field.indexOf(':')).toLowerCase(), field.slice(field.indexOf(':') + 1).trim()]))
      const raw = new Raw(socket, headers['sec-websocket-extensions'] !== undefined)
      const status = Number(line.split(' ')[1])
      if (status === 101) {
        raw.take(bytes.subarray(end + 4))
        socket.on('data', data => raw.take(data))
      }
      resolve({ status, headers, raw })
    }
    socket.on('data', onData)
  })
}

const key = 'dGhlIHNhbXBsZSBub25jZQ=='
const right = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${key}`]

/** A connection that has been welcomed. */
async function open (...more) {
  const { status, headers, raw } = await upgrade([...right, ...more])
  assert.equal(status, 101)
  assert.equal(await raw.record(), 'T:welcome')
  return Object.assign(raw, { headers })
}

// --- the handshake ----------------------------------------------------------------------

test('the handshake of RFC 6455 is answered as it says', async () => {
  const { status, headers, raw } = await upgrade(right)
  assert.equal(status, 101)
  assert.equal(headers.upgrade.toLowerCase(), 'websocket')
  assert.equal(headers.connection.toLowerCase(), 'upgrade')
  assert.equal(headers['sec-websocket-accept'], createHash('sha1').update(key + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64'))
  assert.equal(headers['sec-websocket-accept'], 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
  assert.equal(headers['sec-websocket-extensions'], undefined)
  assert.equal(headers['sec-websocket-protocol'], undefined)
  raw.socket.destroy()
})

test('a handshake that is not right is refused and says why', async () => {
  const without = name => right.filter(line => !line.startsWith(name + ':'))
  const cases = [
    ['no upgrade', without('Upgrade'), 426],
    ['another version', [...without('Sec-WebSocket-Version'), 'Sec-WebSocket-Version: 8'], 426],
    ['no version', without('Sec-WebSocket-Version'), 426],
    ['no key', without('Sec-WebSocket-Key'), 400],
    ['a short key', [...without('Sec-WebSocket-Key'), 'Sec-WebSocket-Key: AAAA'], 400],
    ['two keys', [...right, `Sec-WebSocket-Key: ${key}`], 400],
    ['extensions that are no list', [...right, 'Sec-WebSocket-Extensions: a b'], 400],
    ['a protocol twice', [...right, 'Sec-WebSocket-Protocol: a, a'], 400]
  ]
  for (const [what, lines, expected] of cases) {
    const { status, headers, raw } = await upgrade(lines)
    raw.socket.destroy()
    assert.equal(status, expected, what)
    if (expected === 426) {
      assert.equal(headers.upgrade.toLowerCase(), 'websocket', what)
      assert.equal(headers['sec-websocket-version'], '13', what)
    }
  }
  const post = await upgrade(right, { method: 'POST' })
  post.raw.socket.destroy()
  assert.equal(post.status, 405)
  const stranger = await upgrade(right, { authorized: false })
  stranger.raw.socket.destroy()
  assert.equal(stranger.status, 401)
})

test('compression is agreed on as RFC 7692 says, without context takeover', async () => {
  const always = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover'
  const cases = [
    ['permessage-deflate', always],
    ['permessage-deflate; client_max_window_bits', always],
    ['permessage-deflate; server_max_window_bits="10"', always + '; server_max_window_bits=10'],
    ['permessage-deflate; unknown, permessage-deflate', always],
    ['permessage-deflate; server_max_window_bits=8', undefined],
    ['permessage-deflate; server_max_window_bits=16', undefined],
    ['x-webkit-deflate-frame', undefined]
  ]
  for (const [offer, answer] of cases) {
    const raw = await open(`Sec-WebSocket-Extensions: ${offer}`)
    assert.equal(raw.headers['sec-websocket-extensions'], answer, offer)
    raw.write(text(ask('after')))
    assert.equal(await raw.record(), 'T:after', offer)
    raw.socket.destroy()
  }
})

// --- the cases --------------------------------------------------------------------------

const bytes = hex => Buffer.from(hex.replaceAll(' ', ''), 'hex')
const half = string => [string.slice(0, string.length >> 1), string.slice(string.length >> 1)]
const [h1, h2] = half(ask('both'))
const kosme = ask('κόσμε')
const wrong = prefix => Buffer.concat([Buffer.from(`{"action":"ping","id":"${prefix}`), bytes('ed a0 80'), Buffer.from('edited"}')])

/** number, what is sent, what comes. A case that ends in a close ends the connection. */
const cases = [
  ['1.1 lengths', [text(ask('a')), text(ask('b').padEnd(125)), text(ask('c').padEnd(126)), text(ask('d').padEnd(127)), text(ask('e').padEnd(128)), text(ask('f').padEnd(frameLimit))], 'T:a T:b T:c T:d T:e T:f'],
  ['2.1', [frame(0x89)], 'O:'],
  ['2.2', [frame(0x89, 'Hello')], 'O:Hello'],
  ['2.3', [frame(0x89, bytes('00fffefdfcfb00ff'))], 'O:' + bytes('00fffefdfcfb00ff').toString('latin1')],
  ['2.4', [frame(0x89, '*'.repeat(125))], 'O:' + '*'.repeat(125)],
  ['2.5', [frame(0x89, '*'.repeat(126))], 'C1002'],
  ['2.7', [frame(0x8a), text(ask('on'))], 'T:on'],
  ['2.8', [frame(0x8a, 'unasked'), text(ask('on'))], 'T:on'],
  ['2.9', [frame(0x8a, 'unasked'), frame(0x89, 'asked')], 'O:asked'],
  ['2.10', [...'0123456789'].map(n => frame(0x89, n)), [...'0123456789'].map(n => 'O:' + n).join(' ')],
  ['3.1', [frame(0x91, 'x')], 'C1002'],
  ['3.2', [text(ask('a')), frame(0xa1, 'x'), frame(0x89)], 'T:a C1002'],
  ['3.4', [text(ask('a')), frame(0xc1, 'x'), frame(0x89)], 'T:a C1002'],
  ['3.6', [frame(0xe9, 'x')], 'C1002'],
  ['3.7', [frame(0xf8, bytes('03e8'))], 'C1002'],
  ['4.1.1', [frame(0x83)], 'C1002'],
  ['4.1.4', [text(ask('a')), frame(0x86, 'x'), frame(0x89)], 'T:a C1002'],
  ['4.2.1', [frame(0x8b)], 'C1002'],
  ['4.2.5', [text(ask('a')), frame(0x8f, 'x'), frame(0x89)], 'T:a C1002'],
  ['5.1', [frame(0x09, 'a'), frame(0x80, 'b')], 'C1002'],
  ['5.2', [frame(0x0a, 'a'), frame(0x80, 'b')], 'C1002'],
  ['5.3', [frame(0x01, h1), frame(0x80, h2)], 'T:both'],
  ['5.6', [frame(0x01, h1), frame(0x89, 'ping'), frame(0x80, h2)], 'O:ping T:both'],
  ['5.9', [frame(0x80, h1), text(ask('a'))], 'C1002'],
  ['5.12', [frame(0x00, h1), text(ask('a'))], 'C1002'],
  ['5.15', [frame(0x01, h1), frame(0x80, h2), frame(0x00, h1), text(ask('a'))], 'T:both C1002'],
  ['5.18', [frame(0x01, h1), text(h2)], 'C1002'],
  ['5.19', [frame(0x01, h1), frame(0x00), frame(0x89, '1'), frame(0x00), frame(0x89, '2'), frame(0x80, h2)], 'O:1 O:2 T:both'],
  ['no mask', [frame(0x81, ask('a'), { masked: false })], 'C1002'],
  ['a length not in its shortest form', [bytes('81fe007d 00000000'), Buffer.alloc(125)], 'C1002'],
  ['6.2.2', [frame(0x01, Buffer.from(kosme).subarray(0, 24)), frame(0x80, Buffer.from(kosme).subarray(24))], 'T:κόσμε'],
  ['6.2.4', [...Buffer.from(kosme)].map((byte, i, all) => frame((i === 0 ? 1 : 0) | (i === all.length - 1 ? 0x80 : 0), Buffer.from([byte]))), 'T:κόσμε'],
  ['6.3.1', [text(wrong('κόσμε'))], 'C1007'],
  ['6.4.1, noticed in the middle', [frame(0x01, wrong('κόσμε'))], 'C1007'],
  ['6.4.3, noticed before the frame is whole', [frame(0x81, Buffer.concat([wrong('κ'), Buffer.alloc(5000, 32)])).subarray(0, 200)], 'C1007'],
  ['6.6.1, ends within a character', [text(bytes('ce'))], 'C1007'],
  ['7.1.2', [close(1000), close(1000)], 'C1000'],
  ['7.1.3', [close(1000), frame(0x89)], 'C1000'],
  ['7.1.5', [frame(0x01, h1), close(1000), frame(0x80, h2)], 'C1000'],
  ['7.3.1', [frame(0x88)], /^C(1000)?$/],
  ['7.3.2', [frame(0x88, 'a')], 'C1002'],
  ['7.3.4', [close(1000, 'Hello World!')], 'C1000'],
  ['7.3.5', [close(1000, '*'.repeat(123))], 'C1000'],
  ['7.3.6', [close(1000, '*'.repeat(124))], 'C1002'],
  ['7.5.1', [close(1000, Buffer.concat([Buffer.from('κόσμε'), bytes('eda080')]))], 'C1007'],
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999].map(code => [`7.7 ${code}`, [close(code)], `C${code}`]),
  ...[0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65535].map(code => [`7.9 ${code}`, [close(code)], 'C1002']),
  ['a binary message', [frame(0x82, ask('a'))], 'C1003'],
  ['9 a message of the limit', [frame(0x01, ask('big').padEnd(frameLimit)), frame(0, ' '.repeat(frameLimit)), frame(0, ' '.repeat(frameLimit)), frame(0x80, ' '.repeat(frameLimit))], 'T:big'],
  ['9 a message over the limit', [frame(0x01, ask('big').padEnd(frameLimit)), frame(0, ' '.repeat(frameLimit)), frame(0, ' '.repeat(frameLimit)), frame(0, ' '.repeat(frameLimit)), frame(0x80, ' ')], 'C1009'],
  ['9 a frame over the limit', [text(ask('big').padEnd(frameLimit + 1))], 'C1009'],
  ['a frame of 2^63-1 bytes', [bytes('81ff7fffffffffffffff 00000000'), Buffer.from('x')], 'C1009']
]

/** The same over a connection that agreed on compression. */
const compressed = [
  ['12.1.1', [frame(0xc1, deflate(ask('a')))], 'T:a'],
  ['12.1.10', [frame(0xc1, deflate(ask('a').padEnd(messageLimit)))], 'T:a'],
  ['plain between', [frame(0xc1, deflate(ask('a'))), text(ask('b')), frame(0xc1, deflate(ask('c')))], 'T:a T:b T:c'],
  ['in fragments', [frame(0x41, deflate(ask('frag')).subarray(0, 5)), frame(0x89, 'p'), frame(0x80, deflate(ask('frag')).subarray(5))], 'O:p T:frag'],
  ['with BFINAL', [frame(0xc1, Buffer.concat([deflateRawSync(ask('final')), Buffer.from([0])]))], 'T:final'],
  ['RSV1 in the middle', [frame(0x41, deflate(ask('a')).subarray(0, 5)), frame(0xc0, deflate(ask('a')).subarray(5))], 'C1002'],
  ['RSV1 on a ping', [frame(0xc9, 'x')], 'C1002'],
  ['not DEFLATE', [frame(0xc1, bytes('ffffff'))], 'C1007'],
  ['not UTF-8', [frame(0xc1, deflate(wrong('κ')))], 'C1007'],
  ['one byte over the limit', [frame(0xc1, deflate(ask('a').padEnd(messageLimit + 1)))], 'C1009'],
  ['a bomb', [frame(0xc1, deflate(Buffer.alloc(30 << 20)))], 'C1009']
]

async function play (raw, [name, parts, expected], drip) {
  const all = Buffer.concat(parts)
  if (drip) await raw.drip(all)
  else raw.write(all)
  if (expected instanceof RegExp) {
    assert.match(await raw.record(name), expected, name)
    return raw.untilEnded()
  }
  const record = []
  for (const due of expected.split(' ')) record.push(await raw.record(`${name}: ${due}`))
  assert.equal(record.join(' '), expected, name)
  if (/(^| )C\d*$/.test(expected)) {
    raw.write(close(1000)) // in answer, where the server was first
    await raw.untilEnded()
  } else raw.socket.destroy()
  assert.deepEqual(raw.frames, [], `${name}: nothing more`)
}

for (const drip of [false, true]) {
  test(`the cases of the Autobahn suite, ${drip ? 'in small pieces' : 'in one piece'}`, async () => {
    for (const one of cases) await play(await open(), one, drip)
  })

  test(`compressed messages, ${drip ? 'in small pieces' : 'in one piece'}`, async () => {
    for (const one of compressed) await play(await open('Sec-WebSocket-Extensions: permessage-deflate'), one, drip)
  })
}

test('a connection that breaks the rules ends alone', async () => {
  const neighbour = await open()
  const bad = await open()
  bad.write(frame(0x83))
  assert.equal(await bad.record(), 'C1002')
  await bad.untilEnded()
  neighbour.write(text(ask('still here')))
  assert.equal((await neighbour.next()).payload.toString().includes('still here'), true)
  neighbour.socket.destroy()
})

test('events are compressed for those who agreed, once, and plain for the rest', async () => {
  const offer = parameters => `Sec-WebSocket-Extensions: permessage-deflate${parameters}`
  const listeners = [await open(offer('')), await open(offer('; client_max_window_bits')), await open(offer('; server_max_window_bits=9')), await open()]
  for (const raw of listeners) {
    raw.write(text(JSON.stringify({ action: 'subscribe', id: 'all', channels: ['servers'] })))
    assert.equal(await raw.record(), 'T:all')
  }
  assert.equal((await roost.api('PUT', '/v1/servers/loud', practice('loud', await freePort()))).status < 300, true)
  const heard = []
  for (const raw of listeners) {
    const frame = await raw.next('the event')
    raw.socket.destroy()
    heard.push(frame)
    assert.equal(JSON.parse(frame.payload).event.type, 'server.declared')
    assert.deepEqual(frame.payload, heard[0].payload)
  }
  // A window smaller than that of the one compressed form: plain, which is always allowed.
  assert.deepEqual(heard.map(frame => frame.deflated), [true, true, false, false])
})

// --- npm's ws ---------------------------------------------------------------------------

function client (options) {
  const ws = new WebSocket(`ws://127.0.0.1:${roost.httpPort}/v1/ws`, { headers: { authorization: `Bearer ${token}` }, ...options })
  ws.heard = []
  ws.on('message', (data, binary) => { assert.equal(binary, false); ws.heard.push(JSON.parse(data)) })
  ws.on('close', (code, reason) => { ws.closed = { code, reason: reason.toString() } })
  ws.on('error', error => { ws.failed = error })
  return ws
}

for (const perMessageDeflate of [true, false, { threshold: 0 }]) {
  test(`ws is at home, perMessageDeflate ${JSON.stringify(perMessageDeflate)}`, async () => {
    const ws = client({ perMessageDeflate })
    await until('the welcome', () => ws.heard.some(m => m.type === 'welcome') || ws.failed)
    assert.equal(ws.failed, undefined)
    assert.equal(ws.extensions.includes('permessage-deflate'), perMessageDeflate !== false)

    const pongs = []
    ws.on('pong', data => pongs.push(data.toString()))
    ws.ping('are you there')
    await until('the pong', () => pongs.length === 1)
    assert.equal(pongs[0], 'are you there')

    for (let n = 0; n < 100; n++) ws.send(ask(n))
    await until('a hundred answers', () => ws.heard.filter(m => m.type === 'answer').length === 100)
    assert.deepEqual(ws.heard.filter(m => m.type === 'answer').map(m => m.id), [...Array(100).keys()])

    // In fragments, compressed where that was agreed on.
    const whole = ask('pieces').padEnd(20000)
    for (let at = 0; at < whole.length; at += 5000) ws.send(whole.slice(at, at + 5000), { fin: at + 5000 >= whole.length })
    await until('the answer to the pieces', () => ws.heard.some(m => m.id === 'pieces'))

    ws.close(1000, 'bye')
    await until('the close', () => ws.closed)
    assert.equal(ws.closed.code, 1000)
    assert.equal(ws.failed, undefined)
  })
}

test('ws is told the codes of what it did wrong', async () => {
  for (const [code, act] of [
    [1003, ws => ws.send(Buffer.from('binary'))],
    [1009, ws => ws.send(ask('big').padEnd(frameLimit + 1), { compress: false })],
    [1009, ws => { for (let n = 0; n < 6; n++) ws.send(' '.repeat(frameLimit - 1), { compress: false, fin: n === 5 }) }],
    [1009, ws => ws.send(' '.repeat(messageLimit + 1))]
  ]) {
    const ws = client({ perMessageDeflate: true })
    await until('the welcome', () => ws.heard.length > 0)
    act(ws)
    await until(`close ${code}`, () => ws.closed)
    assert.equal(ws.closed.code, code)
    assert.ok(ws.closed.reason.length > 0, 'and a reason in words')
  }
})
