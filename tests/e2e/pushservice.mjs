// SPDX-License-Identifier: Apache-2.0
// A push service for tests, and the browsers that are subscribed to it. It looks at every
// request as a real one does (RFC 8030, 8292), and its browsers read what they get with
// the package http_ece and Node's own cryptography: nothing here is roost's.

import assert from 'node:assert/strict'
import { createECDH, createPublicKey, randomBytes, verify } from 'node:crypto'
import { createServer } from 'node:http'
import ece from 'http_ece'

const decoded = text => JSON.parse(Buffer.from(text, 'base64url').toString())

/** RFC 8292 §2, §4.2: throws when the statement is not one for this service, by this key. */
function checkVapid (authorization, origin) {
  const [, token, key] = /^vapid t=([\w-]+\.[\w-]+\.[\w-]+), k=([\w-]{87})$/.exec(authorization) ?? assert.fail(`not vapid: ${authorization}`)
  const [head, claims, signature] = token.split('.')
  const point = Buffer.from(key, 'base64url')
  const publicKey = createPublicKey({
    format: 'jwk',
    key: { kty: 'EC', crv: 'P-256', x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') }
  })
  assert.equal(decoded(head).alg, 'ES256')
  assert.ok(verify('sha256', Buffer.from(`${head}.${claims}`), { key: publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url')), 'the signature')
  const { aud, exp, sub } = decoded(claims)
  assert.equal(aud, origin)
  assert.ok(exp > Date.now() / 1000 && exp <= Date.now() / 1000 + 24 * 3600, 'within a day')
  assert.match(sub, /^(mailto:|https:\/\/)/)
  return key
}

/** One that is subscribed: `subscription` is what PushSubscription.toJSON() says of it. */
class Browser {
  constructor (service, applicationServerKey) {
    this.service = service
    this.applicationServerKey = applicationServerKey
    this.keys = createECDH('prime256v1')
    this.keys.generateKeys()
    this.auth = randomBytes(16)
    this.path = `/send/${randomBytes(12).toString('base64url')}`
    this.requests = []
    this.waiting = new Map()	// topic → message, while it is away
    service.browsers.set(this.path, this)
  }

  get subscription () {
    return {
      endpoint: this.service.origin + this.path,
      keys: { p256dh: this.keys.getPublicKey('base64url'), auth: this.auth.toString('base64url') }
    }
  }

  /** Every message that was accepted, in the order it came. */
  get told () { return this.requests.filter(request => request.status === 201).map(request => request.message) }

  read (headers, body) {
    assert.equal(headers['content-encoding'], 'aes128gcm')
    assert.match(headers.ttl, /^\d+$/)
    assert.equal(headers.urgency, 'high')
    assert.match(headers.topic, /^[\w-]{1,32}$/)
    assert.ok(body.length <= 4096)
    assert.equal(checkVapid(headers.authorization, this.service.origin), this.applicationServerKey, 'the key it subscribed with')
    const plain = ece.decrypt(body, { version: 'aes128gcm', privateKey: this.keys, authSecret: this.auth.toString('base64url') })
    return JSON.parse(plain.toString())
  }
}

class PushService {
  constructor () {
    this.browsers = new Map()
    this.faults = []	// what a real service would have refused
    /** What is answered: {status, headers}, or null for silence. Changed by tests. */
    this.answer = () => ({ status: 201 })
  }

  async start (port) {
    this.server = createServer((request, response) => this.take(request, response))
    await new Promise((resolve, reject) => this.server.once('error', reject).listen(port ?? 0, '127.0.0.1', resolve))
    this.origin = `http://127.0.0.1:${this.server.address().port}`
    return this
  }

  async take (request, response) {
    const parts = []
    for await (const part of request) parts.push(part)
    const browser = this.browsers.get(request.url)
    if (!browser) { response.writeHead(404).end(); return }
    const entry = { at: Date.now(), topic: request.headers.topic, ttl: Number(request.headers.ttl) }
    try {
      assert.equal(request.method, 'POST')
      entry.message = browser.read(request.headers, Buffer.concat(parts))
    } catch (error) {
      this.faults.push(error)
    }
    const answer = this.answer(browser, entry)
    browser.requests.push(entry)
    if (!answer) return
    entry.status = answer.status
    if (answer.status === 201) browser.waiting.set(entry.topic, entry.message)
    response.writeHead(answer.status, { location: `${this.origin}/message`, ...answer.headers }).end(answer.body ?? '')
  }

  subscribe (applicationServerKey) { return new Browser(this, applicationServerKey) }

  stop () {
    this.server.closeAllConnections()
    return new Promise(resolve => this.server.close(resolve))
  }
}

export function startPushService (port) { return new PushService().start(port) }
