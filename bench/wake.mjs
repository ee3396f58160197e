// SPDX-License-Identifier: Apache-2.0
// How long a join takes to become a process, and a game's first answer to become
// a player's bytes. wake.mjs [ROUNDS]. The game is this program itself, so both
// ends of each interval are read from one clock; the declared command only notes
// when it was started.

import { createServer } from 'node:net'
import { readFileSync, rmSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { cpus } from 'node:os'

import { startRoost, freePort, until, sleep } from '../tests/e2e/harness.mjs'
import { RawClient, handshake, loginStart, frame, text, varint } from '../tests/e2e/minecraft.mjs'

const rounds = Number(process.argv[2] ?? 30)
const now = () => Number(process.hrtime.bigint() / 1000n) / 1000
const wall = () => performance.timeOrigin + performance.now()

const status = frame(varint(0), text(JSON.stringify({ version: { name: 'bench', protocol: 767 }, players: { max: 20, online: 0 }, description: 'bench' })))

/** A game that answers one status ping after the other and notes both moments. */
function game (port) {
  const seen = {}
  const server = createServer(socket => {
    socket.on('error', () => {})
    let bytes = Buffer.alloc(0)
    socket.on('data', data => {
      bytes = Buffer.concat([bytes, data])
      const length = bytes[0]
      if (bytes.length < length + 1) return
      const intent = bytes[length]
      if (intent === 1) {
        seen.answered ??= now()
        socket.write(status)
      } else { seen.forwarded ??= now() }
    })
  })
  return new Promise(resolve => server.listen(port, '127.0.0.1', () => resolve({ seen, close: () => new Promise(resolve => { server.close(resolve); server.closeAllConnections?.() }) })))
}

const port = await freePort()
const roost = await startRoost({
  gate: { limits: Object.fromEntries(['connections', 'logins', 'wakes', 'status'].map(name => [name, { per_second: 0 }])) },
  servers: [{
    name: 'bench',
    game: 'minecraft-java',
    hosts: ['*'],
    local: { command: ['/bin/sh', '-c', 'date +%s%N > started.tmp; mv started.tmp started; exec sleep 600'], directory: '.' },
    address: `127.0.0.1:${port}`,
    stop: { signal: 'TERM', within: '5s' },
    policy: { idle_after: '0' }
  }]
}).catch(error => { console.error(error.message); process.exit(1) })

const started = []; const forwarded = []
try {
  const note = join(roost.directory, 'started')
  for (let round = 0; round < rounds; round++) {
    rmSync(note, { force: true })
    const client = new RawClient(roost.gatePort)
    client.send(handshake({ intent: 2 }), loginStart('Bench'))
    await until('the hold', () => client.frames.length > 0)
    const answer = Buffer.concat([Buffer.from([2]), client.frames[0].subarray(1, 6), Buffer.from([0])])
    const joined = wall()
    client.send(Buffer.concat([Buffer.from([answer.length]), answer]))
    await until('the process', () => existsSync(note))
    started.push(Number(BigInt(readFileSync(note, 'utf8')) / 1000n) / 1000 - joined)
    await sleep(50)
    const it = await game(port)
    await until('the login', () => it.seen.forwarded)
    forwarded.push(it.seen.forwarded - it.seen.answered)
    client.leave()
    await roost.untilState('bench', 'ready')
    await roost.api('POST', '/v1/servers/bench/sleep', { now: true })
    await it.close()
    await roost.untilState('bench', 'asleep')
  }
} finally { await roost.stop() }

function row (what, values) {
  values.sort((a, b) => a - b)
  const at = part => values[Math.min(values.length - 1, Math.floor(part * values.length))].toFixed(1)
  console.log(`| ${what} | ${at(0.5)} | ${at(0)}–${at(1)} | ${values.length} |`)
}
console.log(`\`node bench/wake.mjs ${rounds}\`, ${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0].model}\n`)
console.log('| from → to | median ms | spread ms | rounds |\n|---|---|---|---|')
row('join (its client proved to wait) → process started', started)
row('game answers its first ping → the player\'s login is forwarded', forwarded)
