// SPDX-License-Identifier: Apache-2.0
// The feed in bad weather: roost killed in the middle of a broadcast to two hundred
// readers, clients that never finish a sentence, one that stops reading. What makes it
// hard: every reader must end with exactly the record's events, in its order.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { test } from 'node:test'
import { WebSocket } from 'ws'

import { sleep, startRoost, until } from './harness.mjs'

const channels = [{ name: 'storm', read: 'player', post: 'player' }]

/** Posts without end, as fast as it is answered; remembers what was acknowledged. */
function poster (roost, token, pad = '') {
  const acknowledged = []
  let going = true
  const done = (async () => {
    for (let n = 1; going; n++) {
      try {
        const answer = await fetch(`${roost.url}/v1/messages`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ channel: 'storm', message: { n, pad } })
        })
        if (answer.status === 202) acknowledged.push(n)
        else await sleep(20)
      } catch { await sleep(20) }
    }
  })()
  return { acknowledged, stop: async () => { going = false; await done } }
}

/** Reads a stream of SSE over and over, each time from its place. */
class SseReader {
  constructor (roost, token) {
    Object.assign(this, { roost, token, ids: [], verdicts: [], place: undefined, going: true })
    this.done = this.run()
  }

  async run () {
    while (this.going) {
      try { await this.once() } catch { await sleep(20) }
    }
  }

  async once () {
    this.abort = new AbortController()
    const answer = await fetch(`${this.roost.url}/v1/events?channel=storm`, {
      headers: { authorization: `Bearer ${this.token}`, accept: 'text/event-stream', ...(this.place ? { 'last-event-id': this.place } : {}) },
      signal: this.abort.signal
    })
    let text = ''
    for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
      text += piece
      let end
      while ((end = text.indexOf('\n\n')) >= 0) {
        this.frame(text.slice(0, end))
        text = text.slice(end + 2)
      }
    }
  }

  frame (frame) {
    const field = name => frame.split('\n').find(line => line.startsWith(`${name}: `))?.slice(name.length + 2)
    const id = field('id')
    if (id === undefined) return
    this.place = id
    if (field('event') === 'feed.position') this.verdicts.push(JSON.parse(field('data')).verdict)
    else this.ids.push(id)
  }

  stop () { this.going = false; this.abort?.abort() }
}

/** The same over a WebSocket. */
class SocketReader {
  constructor (roost, token) {
    Object.assign(this, { roost, token, ids: [], verdicts: [], place: undefined, going: true })
    this.open()
  }

  open () {
    if (!this.going) return
    this.socket = new WebSocket(`${this.roost.url.replace('http', 'ws')}/v1/ws`, { headers: { authorization: `Bearer ${this.token}` } })
    this.socket.on('message', data => this.hear(JSON.parse(data)))
    this.socket.on('error', () => {})
    this.socket.on('close', () => { this.subscribed = false; setTimeout(() => this.open(), 20) })
  }

  hear (message) {
    if (message.type === 'welcome') {
      this.place ??= message.position
      this.socket.send(JSON.stringify({ action: 'subscribe', id: 1, channels: ['storm'], after: this.place }))
    } else if (message.type === 'answer') {
      assert.equal(message.ok, true, JSON.stringify(message))
      this.subscribed = true
      this.verdicts.push(message.verdict)
    } else if (message.type === 'event') {
      this.ids.push(message.event.id)
      this.place = message.event.id
    }
  }

  stop () { this.going = false; this.socket.terminate() }
}

test('killed again and again in the middle of a broadcast, roost leaves two hundred readers without gap or duplicate', async t => {
  const roost = await startRoost({ channels })
  t.after(() => roost.stop())
  const token = await roost.token()
  const readers = []
  t.after(() => readers.forEach(reader => reader.stop()))
  for (let i = 0; i < 100; i++) readers.push(new SseReader(roost, token), new SocketReader(roost, token))
  await until('everybody to listen', () => readers.every(reader => reader.place !== undefined && (reader.subscribed ?? true)))
  const posting = poster(roost, token)
  for (let round = 0; round < 3; round++) {
    const before = posting.acknowledged.length
    await until('a broadcast', () => posting.acknowledged.length > before + 20)
    await roost.kill9()
    await roost.restart()
  }
  const before = posting.acknowledged.length
  await until('the broadcast to go on', () => posting.acknowledged.length > before + 20)
  await posting.stop()

  const record = (await roost.events('&type=channel.posted'))
  const ids = record.map(event => event.id)
  await until('everybody to have everything', () => readers.every(reader => reader.ids.length >= ids.length && reader.ids.at(-1) === ids.at(-1)))
  for (const reader of readers) {
    assert.deepEqual(reader.ids, ids)
    assert.ok(reader.verdicts.slice(1).every(verdict => verdict === 'resumed'), String(reader.verdicts))
  }
  // What was acknowledged is in the record, once; what was not may be in it.
  const numbers = record.map(event => event.data.message.n)
  assert.equal(new Set(numbers).size, numbers.length)
  for (const n of posting.acknowledged) assert.ok(numbers.includes(n), `event ${n} was acknowledged`)
})

test('ten thousand half-open upgrades and slow requests hold up nobody', async t => {
  const roost = await startRoost({ channels })
  t.after(() => roost.stop())
  const token = await roost.token()
  const listener = new SocketReader(roost, token)
  t.after(() => listener.stop())
  await until('the listener', () => listener.subscribed)

  const halves = []
  t.after(() => halves.forEach(half => half.destroy()))
  const beginnings = [
    'GET /v1/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ',
    'POST /v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{"name":',
    'GET /v1/events HTTP/1.1\r\n', ''
  ]
  let alive = 0
  for (let i = 0; i < 10000; i++) {
    const half = connect({ port: roost.httpPort, host: '127.0.0.1' })
    half.on('error', () => {})
    half.resume()
    half.once('connect', () => { alive++; half.write(beginnings[i % beginnings.length]) })
    half.once('close', () => { alive-- })
    halves.push(half)
    if (i % 200 === 199) await until('the connections so far', () => halves.every(half => !half.connecting))
  }
  const posting = poster(roost, token)
  await until('fifty events beside them', () => posting.acknowledged.length >= 50)
  await posting.stop()
  await until('the listener to have them', () => listener.ids.length >= posting.acknowledged.length)
  assert.equal((await fetch(`${roost.url}/`)).status, 200)
  assert.equal((await roost.api('GET', '/v1/servers')).status, 200)
  await until('roost to have ended every half sentence', () => alive <= 0, 60000)
})

test('a reader that stops reading is closed, the others hear everything, and it resumes', async t => {
  const roost = await startRoost({ channels, websocket: { queue_limit: '64KiB' } })
  t.after(() => roost.stop())
  const token = await roost.token()
  const good = [new SseReader(roost, token), new SocketReader(roost, token)]
  t.after(() => good.forEach(reader => reader.stop()))
  const slow = new SocketReader(roost, token)
  t.after(() => slow.stop())
  await until('all to listen', () => [...good, slow].every(reader => reader.place !== undefined && (reader.subscribed ?? true)))
  const first = slow.socket
  let code
  first.once('close', value => { code = value })
  first._socket.pause()
  const posting = poster(roost, token, randomBytes(9000).toString('base64'))
  await until('more than any buffer holds', () => posting.acknowledged.length >= 1200, 120000)
  await posting.stop()
  const ids = (await roost.events('&type=channel.posted')).map(event => event.id)
  await until('the others to have everything', () => good.every(reader => reader.ids.at(-1) === ids.at(-1)))
  for (const reader of good) assert.deepEqual(reader.ids, ids)
  const metrics = await (await fetch(`${roost.url}/metrics`)).text()
  assert.match(metrics, /^roost_feed_readers_slow_total [1-9]/m)
  first._socket.resume()
  await until('it to be told that it was closed', () => code !== undefined)
  assert.ok(code === 3008 || code === 1006, `closed with ${code}`)
  await until('it to have everything', () => slow.ids.at(-1) === ids.at(-1), 60000)
  assert.deepEqual(slow.ids, ids)
})
