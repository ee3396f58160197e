// SPDX-License-Identifier: Apache-2.0
// A client of the real-time protocol (docs/realtime.md) on the npm package `ws`:
// keeps all it was told, and waits for what it was not told yet.

import WebSocket from 'ws'

import { until } from './harness.mjs'

export class Client {
  constructor (url, options = {}) {
    this.told = []
    this.frames = []
    this.next = 1
    this.ws = new WebSocket(url, options.protocols ?? [], options)
    this.ws.on('message', (data, isBinary) => {
      this.frames.push({ data, isBinary })
      if (!isBinary) { try { this.told.push(JSON.parse(data.toString())) } catch { this.told.push(data.toString()) } }
    })
    this.ws.on('close', (code, reason) => { this.closed = { code, reason: reason.toString() } })
    this.ws.on('error', error => { this.error = error })
    this.ws.on('unexpected-response', (request, response) => {
      let text = ''
      response.on('data', data => { text += data })
      response.on('end', () => { this.refused = { status: response.statusCode, headers: response.headers, text }; this.ws.emit('refused') })
    })
  }

  /** Open and welcomed. */
  async ready () {
    await until('the welcome', () => {
      if (this.refused || this.error) throw Object.assign(new Error(`refused: ${JSON.stringify(this.refused) ?? this.error}`), { final: true })
      return this.told.some(one => one.type === 'welcome')
    })
    this.welcome = this.told.find(one => one.type === 'welcome')
    this.id = this.welcome.connection_id
    return this
  }

  send (message) { this.ws.send(typeof message === 'string' ? message : JSON.stringify(message)) }

  /** Say it and wait for its answer. */
  async ask (action, members = {}) {
    const id = this.next++
    this.send({ action, id, ...members })
    return until(`the answer to ${action}`, () => this.told.find(one => one.type === 'answer' && one.id === id) ??
      (this.closed && (() => { throw Object.assign(new Error(`closed ${JSON.stringify(this.closed)}`), { final: true }) })()))
  }

  get events () { return this.told.filter(one => one.type === 'event').map(one => one.event) }

  untilEvent (type, subject) {
    return until(`${type} ${subject ?? ''}`, () => this.events.find(event => event.type === type && (!subject || event.subject === subject)))
  }

  untilTold (what, test) { return until(what, () => this.told.find(test)) }
  untilClosed () { return until('the close', () => this.closed) }

  async close () {
    this.ws.close(1000)
    await this.untilClosed()
  }
}

export async function connect (roost, { token, path = '/v1/ws', headers = {}, ...options } = {}) {
  const bearer = token ?? await roost.token()
  const client = new Client(roost.url.replace('http', 'ws') + path, { headers: { ...(bearer ? { authorization: `Bearer ${bearer}` } : {}), ...headers }, ...options })
  return client.ready()
}
