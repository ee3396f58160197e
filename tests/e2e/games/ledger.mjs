#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// A game that is a list of what players said: ledger.mjs tcp|udp, at the port in PORT. It says back
// what it hears and writes it down; `?` is answered with all that was ever written.
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { createSocket } from 'node:dgram'

const all = () => existsSync('ledger.txt') ? readFileSync('ledger.txt', 'utf8').trim().replaceAll('\n', ' ') : ''

function hear (text) {
  if (text === '?') return `all: ${all()}`
  if (!all().split(' ').includes(text)) appendFileSync('ledger.txt', text + '\n')
  return `heard: ${text}`
}

const port = Number(process.env.PORT)
if (process.argv.slice(2).join() === 'udp') {
  const socket = createSocket('udp4')
  socket.on('message', (bytes, from) => socket.send(hear(bytes.toString()), from.port, from.address))
  socket.bind(port, '127.0.0.1')
} else if (process.argv.length === 2) {
  createServer(socket => {
    let text = ''
    socket.on('error', () => {})
    socket.on('data', data => {
      const lines = (text + data).split('\n')
      text = lines.pop()
      for (const line of lines) socket.write(hear(line) + '\n')
    })
  }).listen(port, '127.0.0.1')
} else {
  throw new Error(`arguments that nobody gave: ${JSON.stringify(process.argv.slice(2))}`)
}
process.on('SIGTERM', () => process.exit(0))
