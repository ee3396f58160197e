// SPDX-License-Identifier: Apache-2.0
// Starts the real daemon for a test, in a directory of its own and on ports
// nobody uses, and asks it things as any client would. What makes it hard:
// nothing may be left behind, also when a test fails or roost was killed.

import { spawn } from 'node:child_process'
import { chownSync, copyFileSync, mkdtempSync, rmSync, writeFileSync, readFileSync, readdirSync, readlinkSync, existsSync, openSync, closeSync } from 'node:fs'
import { createServer, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'

export const here = dirname(fileURLToPath(import.meta.url))
export const root = resolve(here, '../..')
export const roostPath = resolve(root, process.env.ROOST_BUILD ?? 'build', 'roost')
export { sleep }

// What the tests are told by ROOST_... is not roost's to read.
const ours = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ROOST_')))

const given = new Set()

/** A TCP port that nobody has, below those that the system gives to outgoing connections. */
export async function freePort () {
  for (;;) {
    const port = 15000 + Math.floor(Math.random() * 17000)
    if (given.has(port)) continue
    const free = await new Promise(resolve => {
      const server = createServer()
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
    })
    if (!free) continue
    given.add(port)
    return port
  }
}

/** Wait until `ask()` is truthy, and return what it gave; asks every 20 ms. */
export async function until (what, ask, within = 30000) {
  const end = Date.now() + within
  let last
  for (;;) {
    try {
      const answer = await ask()
      if (answer) return answer
      last = answer
    } catch (error) {
      if (error.final) throw error
      last = error
    }
    if (Date.now() > end) throw new Error(`waited ${within} ms for: ${what} (last: ${last?.stack ?? last})`)
    await sleep(20)
  }
}

/** A server on `roost practice`, as a declaration. */
export function practice (name, port, { boot = '1s', options = [], hosts = ['*'], policy = {}, ...rest } = {}) {
  return {
    name,
    game: 'minecraft-java',
    hosts,
    provider: 'local',
    local: { command: [roostPath, 'practice', '--listen', `127.0.0.1:${port}`, '--boot', boot, ...options], directory: '.' },
    address: `127.0.0.1:${port}`,
    stop: { console: 'stop', within: '10s' },
    policy: { idle_after: '0', ...policy },
    ...rest
  }
}

export class Roost {
  constructor (config, settings = {}) {
    this.directory = mkdtempSync(join(tmpdir(), 'roost-e2e-'))
    this.as = settings.as // {uid, gid}: somebody who may less than we
    this.program = roostPath
    if (this.as) {
      // Where it was built may be closed to others.
      this.program = join(this.directory, 'roost')
      copyFileSync(roostPath, this.program)
      chownSync(this.directory, this.as.uid, this.as.gid)
    }
    this.dataDir = join(this.directory, 'data')
    this.config = config
    this.environment = settings.environment ?? {}
    this.under = settings.under ?? [] // a program that runs it, with its options
    this.password = 'correct horse battery'
    this.log = ''
  }

  async start () {
    this.httpPort ??= await freePort()
    this.gatePort ??= await freePort()
    this.url = `http://127.0.0.1:${this.httpPort}`
    this.file = join(this.directory, 'roost.yaml')
    const config = {
      ...this.config,
      data: this.dataDir,
      http: { listen: `127.0.0.1:${this.httpPort}`, ...this.config.http },
      gate: { listen: [`127.0.0.1:${this.gatePort}`], ...this.config.gate },
      servers: this.config.servers ?? []
    }
    writeFileSync(this.file, JSON.stringify(config, null, 2))
    await this.run()
    return this
  }

  async run () {
    this.output = join(this.directory, 'roost.log')
    const log = openSync(this.output, 'a')
    const [program, ...options] = [...this.under, this.program]
    this.process = spawn(program, [...options, 'serve', '--config', this.file], {
      cwd: this.directory,
      env: { ...ours, ROOST_ADMIN_PASSWORD: this.password, ...this.environment },
      stdio: ['ignore', log, log],
      ...this.as
    })
    closeSync(log)
    this.exited = new Promise(resolve => this.process.once('exit', (code, signal) => { this.exit = { code, signal }; resolve(this.exit) }))
    this.exit = undefined
    await until('roost to be ready', async () => {
      if (this.exit) throw Object.assign(new Error(`roost ended: ${JSON.stringify(this.exit)}\n${this.text()}`), { final: true })
      return (await fetch(this.url + '/readyz')).ok
    }, 60000)
  }

  text () { return existsSync(this.output) ? readFileSync(this.output, 'utf8') : '' }

  async kill9 () {
    this.process.kill('SIGKILL')
    await this.exited
  }

  async restart () { await this.run() }

  /** Everything of this roost's ends: the daemon, supervisors and games. */
  async stop () {
    if (this.exit === undefined && this.process) {
      this.process.kill('SIGTERM')
      const done = await Promise.race([this.exited, sleep(15000, undefined, { ref: false })])
      if (!done) { this.process.kill('SIGKILL'); await this.exited }
    }
    for (const pid of this.leftBehind()) {
      try { process.kill(pid, 'SIGKILL') } catch {}
    }
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 })
  }

  /** Processes that are ours: their directory, or a file they hold open, is in our directory. */
  leftBehind () {
    const ours = path => { try { return readlinkSync(path).startsWith(this.directory) } catch { return false } }
    return readdirSync('/proc').filter(n => /^\d+$/.test(n)).map(Number).filter(pid => {
      if (pid === process.pid) return false
      if (ours(`/proc/${pid}/cwd`)) return true
      try { return readdirSync(`/proc/${pid}/fd`).some(fd => ours(`/proc/${pid}/fd/${fd}`)) } catch { return false }
    })
  }

  async signIn (name = 'admin', password = this.password) {
    const answer = await fetch(this.url + '/v1/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name, password })
    })
    const body = await answer.json()
    if (!answer.ok) throw new Error(`sign in: ${answer.status} ${JSON.stringify(body)}`)
    return { cookie: answer.headers.get('set-cookie').split(';')[0], csrf: body.csrf, ...body }
  }

  async token () {
    if (this.bearer) return this.bearer
    const text = await this.cli(['token', 'create', 'e2e', '--json'])
    if (text.code !== 0) throw new Error(`token create: ${text.stderr}`)
    this.bearer = JSON.parse(text.stdout).token
    return this.bearer
  }

  /** One API call as the admin; answers {status, body}. */
  async api (method, path, body) {
    const answer = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${await this.token()}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body)
    })
    const text = await answer.text()
    let value = text
    try { value = JSON.parse(text) } catch {}
    return { status: answer.status, body: value }
  }

  async server (name) { return (await this.api('GET', `/v1/servers/${name}`)).body }

  async untilState (name, state, within = 60000) {
    return until(`${name} to be ${state}`, async () => {
      const server = await this.server(name)
      return server.state === state && server
    }, within)
  }

  /** All events so far, in order. */
  async events (query = '') {
    const all = []
    let after = 0
    for (;;) {
      const { body } = await this.api('GET', `/v1/events?limit=500&after=${after}${query}`)
      all.push(...body.events)
      if (body.events.length < 500) return all
      after = body.events.at(-1).id.split(':').at(-1)
    }
  }

  /** The CLI, beside the daemon (over its socket). */
  cli (args, { input, environment = {} } = {}) {
    return new Promise(resolve => {
      const child = spawn(this.program, [...args], {
        cwd: this.directory,
        env: { ...ours, ROOST_DATA: this.dataDir, ...environment },
        ...this.as
      })
      let stdout = ''; let stderr = ''
      // A chunk may end inside a character.
      child.stdout.setEncoding('utf8').on('data', data => { stdout += data })
      child.stderr.setEncoding('utf8').on('data', data => { stderr += data })
      child.stdin.on('error', () => {}) // it may end without reading, as after a mistake in its arguments
      child.stdin.end(input ?? '')
      child.once('close', code => resolve({ code, stdout, stderr }))
    })
  }
}

/** Start the daemon with these servers and settings. */
export async function startRoost (config = {}, settings = {}) {
  const roost = new Roost(config, settings)
  try {
    return await roost.start()
  } catch (error) {
    await roost.stop()
    throw error
  }
}

/** Is somebody listening there? */
export function answers (port, host = '127.0.0.1') {
  return new Promise(resolve => {
    const socket = connect(port, host)
    socket.once('connect', () => { socket.destroy(); resolve(true) })
    socket.once('error', () => resolve(false))
  })
}

/** Offsets of the feed are 1, 2, 3, ... in one epoch: throws where they are not. */
export function assertGapless (events) {
  events.forEach((event, index) => {
    const [epoch, offset] = event.id.split(':')
    if (Number(offset) !== index + 1) throw new Error(`event ${index + 1} has id ${event.id}`)
    if (epoch !== events[0].id.split(':')[0]) throw new Error(`epoch changed at ${event.id}`)
  })
}
