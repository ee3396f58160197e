// SPDX-License-Identifier: Apache-2.0
// Who plays, and what comes on schedule, on a server's page in a real browser: with a
// keyboard, at two widths and in both lights.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

import { join as joinGame } from './minecraft.mjs'
import { freePort, practice, sleep, startRoost, until } from './harness.mjs'

const shots = process.env.ROOST_SHOTS	// a directory: pictures are put there
const wide = { width: 1280, height: 800 }
const phone = { width: 360, height: 740 }
let browser

before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync']
  })
})
after(() => browser?.close())

async function openServer (t, roost, { viewport = wide, colorScheme = 'light' } = {}) {
  const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' })
  t.after(() => context.close())
  const page = await context.newPage()
  page.faults = []
  page.on('pageerror', error => page.faults.push(`threw: ${error.stack}`))
  page.on('console', message => { if (/Content Security Policy|Refused to/.test(message.text())) page.faults.push(message.text()) })
  await page.goto(roost.url + '/#/servers/demo')
  await page.getByLabel('Name', { exact: true }).fill('admin')
  await page.getByLabel('Password').fill(roost.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { level: 1, name: 'demo' }).waitFor()
  return page
}

async function shot (page, name) {
  if (!shots) return
  mkdirSync(shots, { recursive: true })
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true })
}

/** Nothing is wider than the window. */
const fits = page => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)

test('who is on, who was, and the visits of one of them', async t => {
  const port = await freePort()
  const roost = await startRoost({ servers: [practice('demo', port, { boot: '0s' })] })
  t.after(() => roost.stop())
  await roost.api('POST', '/v1/servers/demo/wake')
  await roost.untilState('demo', 'ready')

  const page = await openServer(t, roost)
  const panel = page.getByRole('region', { name: 'Players', exact: true })
  await panel.getByText('Nobody has played yet').waitFor()
  const wren = await joinGame({ port: roost.gatePort, username: 'Wren', version: '1.20.4' })
  await sleep(1500)
  wren.end()
  const robin = await joinGame({ port: roost.gatePort, username: 'Robin', version: '1.20.4' })
  const kid = await joinGame({ port: roost.gatePort, username: '.Bedrock_Kid_123', version: '1.16.5' })
  t.after(() => { robin.end(); kid.end() })
  await panel.locator('.is-on').nth(1).waitFor()
  await panel.getByText('last seen').waitFor({ timeout: 30000 })
  const names = await panel.locator('.player strong').allInnerTexts()
  assert.deepEqual(names, ['Robin', '.Bedrock_Kid_123', 'Wren'])
  assert.match(await panel.locator('.player', { hasText: 'Wren' }).innerText(), /in 1 visit/)

  // With the keyboard alone: open Robin's visits, and they are read to whoever cannot see them.
  const summary = panel.locator('.player', { hasText: 'Robin' }).locator('summary')
  await summary.focus()
  await page.keyboard.press('Enter')
  const visits = panel.getByRole('table', { name: 'Visits of Robin' })
  await visits.getByText('is on').waitFor()
  assert.match(await visits.innerText(), /so far/)
  robin.end()
  await panel.getByRole('table', { name: 'Visits of Robin' }).getByText('Disconnected').waitFor({ timeout: 40000 })
  assert.equal(await panel.locator('.is-on').count(), 1)
  assert.ok(await fits(page))
  await shot(page, 'players-wide-light')
  assert.deepEqual(page.faults, [])

  for (const [viewport, colorScheme, name] of [[phone, 'light', 'players-phone-light'], [phone, 'dark', 'players-phone-dark'], [wide, 'dark', 'players-wide-dark']]) {
    const other = await openServer(t, roost, { viewport, colorScheme })
    const opened = other.getByRole('region', { name: 'Players', exact: true })
    await opened.locator('.player', { hasText: 'Wren' }).locator('summary').click()
    await opened.getByRole('table', { name: 'Visits of Wren' }).waitFor()
    assert.ok(await fits(other), name)
    await shot(other, name)
    assert.deepEqual(other.faults, [])
  }
})
