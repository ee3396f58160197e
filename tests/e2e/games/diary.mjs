// SPDX-License-Identifier: Apache-2.0
// A game whose world is files: diary.mjs PORT. It writes while it runs and once more at its end.
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { randomBytes } from 'node:crypto'

const write = () => {
  mkdirSync('pages', { recursive: true })
  writeFileSync(`pages/${Date.now()}.bin`, randomBytes(200000))
  appendFileSync('diary.txt', `${new Date().toISOString()} ${randomBytes(8).toString('hex')}\n`)
}
write()
setInterval(write, 500)
process.on('SIGTERM', () => { write(); process.exit(0) })
createServer(socket => socket.on('error', () => {}).end()).listen(Number(process.argv[2]), '127.0.0.1')
