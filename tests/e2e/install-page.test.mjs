// SPDX-License-Identifier: Apache-2.0
// An installation as people see it go on: a bar on the card and on the server's page, and what
// `roost wake --wait` says meanwhile.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

import { mirror } from './mirror.mjs'
import { freePort, practice, startRoost, until } from './harness.mjs'

const shots = process.env.ROOST_SHOTS	// a directory: pictures are put there
let browser

before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run']
  })
})
after(() => browser?.close())

async function openPage (t, roost, { viewport, colorScheme }) {
  const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' })
  t.after(() => context.close())
  const page = await context.newPage()
  page.faults = []
  page.on('pageerror', error => page.faults.push(`threw: ${error.stack}`))
  await page.goto(roost.url)
  await page.getByLabel('Name').fill('admin')
  await page.getByLabel('Password').fill(roost.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Servers', exact: true }).waitFor()
  return page
}

async function shot (page, name) {
  if (!shots) return
  mkdirSync(shots, { recursive: true })
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true })
}

const variants = [
  ['desktop-light', { viewport: { width: 1280, height: 800 }, colorScheme: 'light' }],
  ['desktop-dark', { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' }],
  ['phone-light', { viewport: { width: 360, height: 740 }, colorScheme: 'light' }],
  ['phone-dark', { viewport: { width: 360, height: 740 }, colorScheme: 'dark' }]
]

test('an installation is seen to go on, on the page and by who waits at the command line', async t => {
  const size = 40 << 20
  const hosts = await mirror(t, { '/world.bin': 'x', '/server.jar': { headers: { 'content-length': size }, body: Buffer.alloc(size / 4), stall: true } })
  const roost = await startRoost({ outbound: { mirrors: [`games.example.org=${hosts.url}`] } })
  t.after(() => roost.stop())
  const server = practice('survival', await freePort())
  server.local.directory = join(roost.directory, 'world')
  server.preparation = {
    files: [],
    values: {},
    install: [
      { do: 'download', title: 'Download the world', url: 'https://games.example.org/world.bin', to: 'world.bin', unchecked: true },
      { do: 'download', title: 'Download the game', url: 'https://games.example.org/server.jar', to: 'server.jar', unchecked: true }
    ]
  }
  assert.ok((await roost.api('PUT', '/v1/servers/survival', server)).status < 300)
  const pages = []
  for (const [name, variant] of variants) pages.push([name, await openPage(t, roost, variant)])
  const waiting = roost.cli(['wake', 'survival', '--wait'])

  for (const [name, page] of pages) {
    const bar = page.getByRole('progressbar', { name: 'Installing survival' })
    await bar.waitFor()
    await until('three quarters of the second step to be left', async () => await bar.getAttribute('aria-valuenow') === '63')
    await page.getByText('Installing, step 2 of 2: Download the game: 10 MiB of 40 MiB').waitFor()
    await page.getByText('Installing the game', { exact: true }).waitFor()
    await shot(page, `install-card-${name}`)
    await page.goto(`${roost.url}/#/servers/survival`)
    await page.getByRole('heading', { name: 'survival', level: 1 }).waitFor()
    await page.getByRole('progressbar', { name: 'Installing survival' }).waitFor()
    await shot(page, `install-server-${name}`)
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    assert.ok(overflow <= 0, `${name}: ${overflow} pixels too wide`)
    assert.deepEqual(page.faults, [])
  }

  // Sent to sleep, it is given up; the bar goes, and who waited is told.
  await roost.api('POST', '/v1/servers/survival/sleep')
  await pages[0][1].getByRole('progressbar', { name: 'Installing survival' }).waitFor({ state: 'hidden' })
  const waited = await waiting
  assert.equal(waited.code, 1)
  assert.match(waited.stdout, /^survival: 2\/2 Download the game$/m)

  // And when it is done there is none either.
  hosts.pages['/server.jar'] = 'a game'
  assert.equal((await roost.cli(['wake', 'survival', '--wait'])).code, 0)
  assert.equal(await pages[0][1].getByRole('progressbar', { name: 'Installing survival' }).isVisible(), false)
})
