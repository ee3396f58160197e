// SPDX-License-Identifier: Apache-2.0
// A server's schedules on the page, in Chromium: in words, when each is next, added, changed and
// removed by an admin, only read by players and where the configuration file declares them.

import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { chromium } from 'playwright-core'

import { startRoost, practice, freePort, until } from './harness.mjs'

const shots = process.env.ROOST_SHOTS // a directory: pictures are put there
const own = 'Europe/Berlin'
let browser

before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync']
  })
})
after(() => browser?.close())

async function shot (page, name) {
  if (!shots) return
  mkdirSync(shots, { recursive: true })
  for (const width of [1280, 360]) {
    for (const colorScheme of ['light', 'dark']) {
      await page.setViewportSize({ width, height: 800 })
      await page.emulateMedia({ colorScheme })
      const dialog = page.locator('dialog[open]')
      const what = await dialog.count() ? page : page.getByRole('region', { name: 'Schedules' })
      await what.screenshot({ path: join(shots, `${name}-${width}-${colorScheme}.png`) })
    }
  }
  await page.setViewportSize({ width: 1280, height: 800 })
}

async function open (t, roost, { user = 'admin', password = roost.password, server = 'demo' } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', timezoneId: own, locale: 'en-GB' })
  t.after(() => context.close())
  const page = await context.newPage()
  page.faults = []
  page.on('pageerror', error => page.faults.push(error.stack))
  page.on('console', message => { if (/Content Security Policy|Refused to/.test(message.text())) page.faults.push(message.text()) })
  await page.goto(`${roost.url}/#/servers/${server}`)
  await page.getByLabel('Name', { exact: true }).fill(user)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { level: 1, name: server }).waitFor()
  return page
}

/** Nothing is wider than the window, or the panel, on a phone as at a desk. */
async function fits (page) {
  const sizes = []
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 800 })
    sizes.push(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth &&
      [...document.querySelectorAll('[aria-labelledby=schedules-title], [aria-labelledby=schedules-title] *')]
        .every(one => one.getBoundingClientRect().right <= innerWidth || one.closest('pre, .visually-hidden'))))
  }
  return sizes.every(Boolean)
}

async function started (t) {
  const filed = practice('filed', await freePort(), { hosts: ['filed.example.org'], schedules: [
    { cron: '0 4 * * *', zone: 'Europe/Paris', do: 'backup', missed: 'once' }
  ] })
  const roost = await startRoost({ servers: [filed] })
  t.after(() => roost.stop())
  const demo = practice('demo', await freePort(), { boot: '0s' })
  demo.local.directory = roost.directory
  assert.equal((await roost.api('PUT', '/v1/servers/demo', demo)).status, 201)
  return roost
}

test('an admin adds, changes and removes schedules without knowing cron', async t => {
  const roost = await started(t)
  const page = await open(t, roost)
  const panel = page.getByRole('region', { name: 'Schedules' })
  const form = page.getByRole('dialog')
  await panel.getByText('None yet.').waitFor()

  // As it stands in the form: Fridays at 18:00 by the browser's own clock.
  await panel.getByRole('button', { name: 'Add a schedule' }).click()
  assert.equal(await form.getByLabel('Time zone').inputValue(), own)
  await form.getByText(/Comes next (at|tomorrow|on \w+) 18:00\./).waitFor()
  await shot(page, 'schedule-form')
  await form.getByRole('button', { name: 'Save' }).click()
  await panel.getByText('Fridays at 18:00: wake').waitFor()
  assert.equal(await panel.getByText('None yet.').isVisible(), false)
  assert.deepEqual((await roost.server('demo')).declaration.schedules, [
    { cron: '0 18 * * fri', zone: own, do: 'wake', line: null, missed: 'skip' }
  ])

  // The same once more is refused, and said in words.
  await panel.getByRole('button', { name: 'Add a schedule' }).click()
  await form.getByRole('button', { name: 'Save' }).click()
  await form.getByRole('alert').getByText('The same schedule is there already.').waitFor()
  // By keyboard: Sunday too, later, to sleep, also when it was missed.
  await form.getByLabel('What happens').selectOption('sleep')
  await form.getByLabel('Sunday').focus()
  await page.keyboard.press('Space')
  await form.getByLabel('At', { exact: true }).fill('23:30')
  await form.getByLabel('If roost was not running then').selectOption('once')
  await form.getByRole('button', { name: 'Save' }).click()
  await panel.getByText('Fridays and Sundays at 23:30: sleep').waitFor()

  // A line for its console needs the line; and what days cannot say, cron can.
  await panel.getByRole('button', { name: 'Add a schedule' }).click()
  await form.getByLabel('What happens').selectOption('command')
  await form.getByLabel('When', { exact: true }).selectOption('cron')
  await form.getByLabel('Cron expression').fill('61 * * * *')
  await form.getByRole('button', { name: 'Save' }).click()
  await form.getByRole('alert').getByText('Write the line that is to be sent.').waitFor()
  await form.getByLabel('Line', { exact: true }).fill('say Good evening')
  await form.getByRole('button', { name: 'Save' }).click()
  await form.getByRole('alert').getByText(/^When: not a time as cron has it/).waitFor()
  await form.getByLabel('Cron expression').fill('*/30 * * * *')
  await form.getByLabel('Time zone').fill('Europe/Berlinn')
  await form.getByRole('button', { name: 'Save' }).click()
  await form.getByRole('alert').getByText(/^Time zone: Europe\/Berlinn is not a time zone/).waitFor()
  await form.getByLabel('Time zone').fill('America/New_York')
  await form.getByText(/Comes next .* your time\./).waitFor()
  await shot(page, 'schedule-form-cron')
  await form.getByRole('button', { name: 'Save' }).click()
  await panel.getByText('Every 30 minutes: send “say Good evening” to its console').waitFor()
  await panel.getByText(/America\/New York · next .* your time/).waitFor()
  assert.equal(await panel.locator('.schedule').count(), 3)
  await shot(page, 'schedules')
  assert.ok(await fits(page), 'nothing sticks out')

  // Changed in its place, by somebody who is there for the first time.
  await panel.getByRole('button', { name: 'Change: Fridays at 18:00: wake' }).click()
  await form.getByLabel('When', { exact: true }).selectOption('daily')
  await form.getByLabel('At', { exact: true }).fill('17:15')
  await form.getByRole('button', { name: 'Save' }).click()
  await panel.getByText('Every day at 17:15: wake').waitFor()
  const { schedules } = await roost.server('demo')
  assert.deepEqual(schedules.map(({ cron, do: verb }) => [cron, verb]),
    [['15 17 * * *', 'wake'], ['30 23 * * fri,sun', 'sleep'], ['*/30 * * * *', 'command']])
  assert.ok(schedules.every(({ next, zone_known: known }) => known && Date.parse(next) > Date.now()))

  // The command line tells the same.
  const status = await roost.cli(['status', 'demo'])
  assert.match(status.stdout, /schedules +15 17 \* \* \*, Europe\/Berlin: wakes (at|on) /)
  assert.match(status.stdout, /\*\/30 \* \* \* \*, America\/New_York: is sent a command (at|on) /)

  await panel.getByRole('button', { name: /^Remove: Every 30 minutes/ }).click()
  await form.getByRole('button', { name: 'Remove' }).click()
  await until('it is gone', async () => await panel.locator('.schedule').count() === 2)
  assert.equal((await roost.server('demo')).declaration.schedules.length, 2)
  assert.deepEqual(page.faults, [])

  // A player reads it all, and changes nothing.
  assert.equal((await roost.api('PUT', '/v1/users/wren', { role: 'player', password: 'correct horse' })).status < 300, true)
  const guest = await open(t, roost, { user: 'wren', password: 'correct horse' })
  const seen = guest.getByRole('region', { name: 'Schedules' })
  await seen.getByText('Every day at 17:15: wake').waitFor()
  assert.equal(await seen.getByRole('button').count(), 0)
  await shot(guest, 'schedules-player')
  assert.deepEqual(guest.faults, [])
})

test('what the configuration file declares is changed there, and the page says how', async t => {
  const roost = await started(t)
  const page = await open(t, roost, { server: 'filed' })
  const panel = page.getByRole('region', { name: 'Schedules' })
  await panel.getByText('Every day at 04:00: back up its world').waitFor()
  await panel.getByText('When missed, it is done as soon as roost is back').waitFor()
  await panel.getByText('This server is declared in roost’s configuration file').waitFor()
  assert.equal(await panel.getByRole('button', { name: 'Add a schedule' }).isVisible(), false)
  assert.equal(await panel.getByRole('button', { name: /^(Change|Remove)/ }).count(), 0)
  await panel.getByText('What to write there').click()
  const yaml = await panel.locator('pre').innerText()
  assert.match(yaml, /schedules:\n {6}- \{ cron: "0 4 \* \* \*", zone: Europe\/Paris, do: backup, missed: once \}/)
  await shot(page, 'schedules-file')
  assert.ok(await fits(page), 'nothing sticks out')
  const answer = await roost.api('PUT', '/v1/servers/filed/schedules', { schedules: [] })
  assert.equal(answer.status, 409)
  assert.match(answer.body.detail, /configuration file/)
  assert.deepEqual(page.faults, [])
})

test('what comes while somebody looks is shown without a reload', async t => {
  const roost = await started(t)
  const page = await open(t, roost)
  const panel = page.getByRole('region', { name: 'Schedules' })
  const at = new Date(Math.ceil(Date.now() / 1000) * 1000 + 6000)
  const put = await roost.api('PUT', '/v1/servers/demo/schedules', { schedules: [
    { cron: `${at.getUTCSeconds()} ${at.getUTCMinutes()} ${at.getUTCHours()} * * *`, do: 'command', line: 'list' }
  ] })
  assert.equal(put.status, 200)
  assert.equal(Date.parse(put.body.schedules[0].next), at.getTime())
  await panel.locator('.schedule').getByText('as cron has it').waitFor()
  await panel.getByText(/Last: .*, not done\./).waitFor()
  await panel.getByText(/next tomorrow/).waitFor()
  assert.deepEqual(page.faults, [])
})
