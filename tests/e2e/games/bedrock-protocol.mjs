// SPDX-License-Identifier: Apache-2.0
// bedrock-protocol over the RakNet that is written in JavaScript (its own choice is
// compiled at installation). jsp-raknet's client passes over the cookie that a server may
// ask for (Open Connection Reply 1); Minecraft sends it back, and so does it here.
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const rak = require('bedrock-protocol/src/rak')
require.cache[require.resolve('bedrock-protocol/src/rak')].exports = () => rak('jsp-raknet')

const { Client } = require('jsp-raknet')
// Its timers send on when its socket is closed already, and throw where nobody could catch it.
const send = Client.prototype.sendBuffer
Client.prototype.sendBuffer = function (...bytes) { try { return send.apply(this, bytes) } catch {} }
const plain = Client.prototype.handleOpenConnectionReply1
Client.prototype.handleOpenConnectionReply1 = async function (reply) {
  if (reply[25] === 0) return plain.call(this, reply)
  const [head, cookie, mtu] = [reply.subarray(0, 25), reply.subarray(26, 30), reply.subarray(30, 32)]
  const request = await plain.call(this, Buffer.concat([head, Buffer.from([0]), mtu]))
  const again = Buffer.concat([request.subarray(0, 17), cookie, Buffer.from([0]), request.subarray(17)])
  // A real client says it again until it is answered; this one would only once.
  const timer = setInterval(() => { if (this.connection || this.closed) clearInterval(timer); else this.sendBuffer(again) }, 500)
  timer.unref()
  return again
}

export const bedrock = require('bedrock-protocol')
export const version = '1.21.0'
