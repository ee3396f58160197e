// SPDX-License-Identifier: Apache-2.0
// How long it takes from a message posted to an event in a page of a real browser, by
// EventSource and by WebSocket; and until a reader that was away has all again, on a
// small record and on one of a million events. latency.mjs [MESSAGES] [EVENTS]. What
// makes it hard: the page's clock is not ours, so it is compared first.

import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'
import { join, resolve } from 'node:path'
import { createRequire } from 'node:module'
import { request } from 'node:http'

import { Roost, root, sleep } from '../tests/e2e/harness.mjs'

const require = createRequire(join(root, 'tests/e2e/package.json'))	// its packages are ours
const { chromium } = require('playwright-core')
const WebSocket = require('ws')

const messages = Number(process.argv[2] ?? 300)
const events = Number(process.argv[3] ?? 1000000)
const rounds = 30
const behind = 100	// events that a reader missed
const build = resolve(root, process.env.ROOST_BUILD ?? 'build')
const rows = []

function row (what, values) {
  values.sort((a, b) => a - b)
  const at = part => values[Math.min(values.length - 1, Math.floor(part * values.length))].toFixed(1)
  rows.push(`| ${what} | ${at(0.5)} | ${at(0.99)} | ${at(0)}–${at(1)} | ${values.length} |`)
}

/** A roost with the channel `bench`, its record filled before it is needed if `filled`. */
async function start (filled) {
  const roost = new Roost({ channels: [{ name: 'bench', read: 'player', post: 'player' }] })
  await roost.start()
  roost.token = (await roost.api('POST', '/v1/tokens', { label: 'bench' })).body.token
  if (filled) {
    roost.process.kill('SIGTERM')
    await roost.exited
    execFileSync('ninja', ['-C', build, 'bench/store/bench-store'], { stdio: 'ignore' })
    execFileSync(join(build, 'bench/store/bench-store'), [roost.dataDir, String(events)], { stdio: 'ignore' })
    await roost.restart()
  }
  return roost
}

/** Posts as a program does; the event's place. */
async function post (roost, message) {
  const answer = await fetch(`${roost.url}/v1/messages`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${roost.token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ channel: 'bench', message })
  })
  if (answer.status !== 202) throw new Error(`posting: ${answer.status} ${await answer.text()}`)
  return (await answer.json()).position
}

/* --- from POST to the page ------------------------------------------------------------------- */

/** Runs in the page: notes when each message came, by the page's clock. */
function listen (transport) {
  const came = window.came = {}
  const note = event => { if (event.data?.message !== undefined) came[event.data.message] = performance.timeOrigin + performance.now() }
  if (transport === 'sse') {
    return new Promise(resolve => {
      const source = new EventSource('/v1/events?channel=bench')
      source.addEventListener('feed.position', resolve)
      source.addEventListener('channel.posted', e => note(JSON.parse(e.data)))
    })
  }
  return new Promise(resolve => {
    const socket = new WebSocket(`ws://${location.host}/v1/ws`)
    socket.onmessage = e => {
      const told = JSON.parse(e.data)
      if (told.type === 'welcome') socket.send('{"action":"subscribe","channels":["bench"]}')
      else if (told.type === 'answer') resolve()
      else if (told.type === 'event') note(told.event)
    }
  })
}

const wall = () => performance.timeOrigin + performance.now()

/** How far the page's clock is ahead of ours: by the quickest of many questions, to half its time. */
async function clockAhead (page) {
  let best = Infinity; let ahead = 0
  for (let i = 0; i < 50; i++) {
    const asked = wall()
    const there = await page.evaluate(() => performance.timeOrigin + performance.now())
    const took = wall() - asked
    if (took < best) { best = took; ahead = there - (asked + took / 2) }
  }
  return ahead
}

async function measurePage (browser, roost, transport) {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(roost.url)
  await page.evaluate(body => fetch('/v1/session', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body }),
    JSON.stringify({ name: 'admin', password: roost.password }))
  await page.evaluate(listen, transport)
  const sent = {}
  const ahead = await clockAhead(page)
  for (let i = 0; i < messages; i++) {
    sent[`${transport}${i}`] = wall()
    await post(roost, `${transport}${i}`)
    await sleep(10)
  }
  await page.waitForFunction(count => Object.keys(window.came).length >= count, messages)
  const came = await page.evaluate(() => window.came)
  await context.close()
  return Object.keys(sent).map(name => came[name] - ahead - sent[name])
}

/* --- back again ------------------------------------------------------------------------------ */

function resumeBySse (roost, place, last) {
  return new Promise((resolve, reject) => {
    const begun = wall()
    const headers = { Authorization: `Bearer ${roost.token}`, Accept: 'text/event-stream', 'Last-Event-ID': place }
    const ask = request(`${roost.url}/v1/events`, { headers, agent: false }, answer => {
      let text = ''
      answer.setEncoding('utf8').on('data', data => {
        text += data
        if (text.includes(`\nid: ${last}\nevent: `) && text.endsWith('\n\n')) { ask.destroy(); resolve(wall() - begun) }
      })
    })
    ask.on('error', reject).end()
  })
}

function resumeByWebSocket (roost, place, last) {
  return new Promise((resolve, reject) => {
    const begun = wall()
    const socket = new WebSocket(`${roost.url.replace('http', 'ws')}/v1/ws`, { headers: { Authorization: `Bearer ${roost.token}` } })
    socket.on('error', reject).on('message', data => {
      const told = JSON.parse(data)
      if (told.type === 'welcome') socket.send(JSON.stringify({ action: 'subscribe', channels: ['feed'], after: place }))
      if (told.type === 'event' && told.event.id === last) { socket.terminate(); resolve(wall() - begun) }
    })
  })
}

/** `behind` events were missed; from the connection's first byte to the last of them. */
async function measureResume (roost, name) {
  let last
  for (let i = 0; i <= behind; i++) last = await post(roost, `filler${i}`)
  const [epoch, offset] = last.split(':')
  const place = `${epoch}:${Number(offset) - behind}`
  for (const when of ['from memory', 'from the record']) {
    const sse = []; const ws = []
    for (let i = 0; i < rounds; i++) {
      sse.push(await resumeBySse(roost, place, last))
      ws.push(await resumeByWebSocket(roost, place, last))
    }
    row(`${name}, ${when}: SSE`, sse)
    row('the same: WebSocket', ws)
    if (when === 'from the record') return
    roost.process.kill('SIGTERM')	// its rings are empty then
    await roost.exited
    await roost.restart()
  }
}

function table (title) {
  console.log(`| ${title} | median ms | p99 ms | spread ms | times |\n|---|---|---|---|---|`)
  console.log(rows.splice(0).join('\n') + '\n')
}

console.log(`\`node bench/latency.mjs ${messages} ${events}\`, ${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0].model}\n`)
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-sync']
})
let roost = await start(false)
try {
  for (const [transport, name] of [['sse', 'EventSource'], ['ws', 'WebSocket']]) {
    row(`message posted → ${name} in Chromium's page`, await measurePage(browser, roost, transport))
  }
  table('from → to')
  await browser.close()
  await measureResume(roost, 'a small record')
  await roost.stop()
  roost = await start(true)
  await measureResume(roost, `a record of ${events.toLocaleString('en')} events`)
  table(`connecting ${behind} events behind → having them all`)
} finally {
  await browser.close()
  await roost.stop()
}
