// SPDX-License-Identifier: Apache-2.0
// A game that does as its console says: `say TEXT`, `spam N`, `raw HEX`, `later MS TEXT`, `stop`.

import { createServer } from 'node:net'
import { createInterface } from 'node:readline'

createServer(socket => socket.on('error', () => {}).end()).listen(Number(process.argv[2]), '127.0.0.1', () => {
  console.log('\x1b[32mready\x1b[0m to speak')
})
createInterface({ input: process.stdin }).on('line', line => {
  const [word, ...rest] = line.trim().split(' ')
  const text = rest.join(' ')
  if (word === 'say') console.log(`it says: ${text}`)
  else if (word === 'spam') for (let i = 1; i <= Number(text); i++) console.log(`spam ${i}`)
  else if (word === 'raw') process.stdout.write(Buffer.from(text, 'hex'))
  else if (word === 'later') setTimeout(() => console.log(`later: ${rest.slice(1).join(' ')}`), Number(rest[0]))
  else if (word === 'stop') process.exit(0)
  else console.log(`what is ${line}?`)
})
