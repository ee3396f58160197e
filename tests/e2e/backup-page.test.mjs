// SPDX-License-Identifier: Apache-2.0
// Backups on the page, in Chromium: made, kept, checked, downloaded, restored here and elsewhere.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { chromium } from 'playwright-core'

import { startRoost, practice, freePort, until } from './harness.mjs'

const shots = process.env.ROOST_SHOTS
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
  for (const [width, colorScheme] of [[1280, 'light'], [360, 'dark']]) {
    await page.setViewportSize({ width, height: 800 })
    await page.emulateMedia({ colorScheme })
    await page.screenshot({ path: join(shots, `${name}-${width}-${colorScheme}.png`), fullPage: true })
  }
  await page.setViewportSize({ width: 1280, height: 800 })
}

function world (t, text) {
  const directory = mkdtempSync(join(tmpdir(), 'roost-world-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  mkdirSync(join(directory, 'region'))
  writeFileSync(join(directory, 'level.dat'), text)
  writeFileSync(join(directory, 'region/r.0.0.mca'), Buffer.alloc(300000, text))
  return directory
}

test('backups are made, kept, checked, downloaded and restored on the page', async t => {
  const [first, second] = [world(t, 'first'), world(t, 'second')]
  const server = async (name, directory) => {
    const is = practice(name, await freePort(), { hosts: [`${name}.example.org`], boot: '0s' })
    is.local.directory = directory
    return is
  }
  const roost = await startRoost({ servers: [await server('demo', first), await server('other', second)] })
  t.after(() => roost.stop())
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', acceptDownloads: true })
  t.after(() => context.close())
  const page = await context.newPage()
  const faults = []
  page.on('pageerror', error => faults.push(error.stack))
  page.on('console', message => { if (/Content Security Policy|Refused to/.test(message.text())) faults.push(message.text()) })
  await page.goto(roost.url)
  await page.getByLabel('Name').fill('admin')
  await page.getByLabel('Password').fill(roost.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.locator('.link[data-link=live]').waitFor()
  await page.goto(`${roost.url}/#/servers/demo`)
  const panel = page.getByRole('region', { name: 'Backups' })

  await panel.getByText('There is none yet.').waitFor()
  await panel.getByRole('button', { name: 'Back up now' }).click()
  const good = panel.locator('.backup.is-good')
  await good.waitFor()
  assert.match(await good.innerText(), /made by hand · by admin · \d+ files?, .* stored/)
  assert.equal(await good.locator('progress').isVisible(), false)

  await good.getByRole('button', { name: 'Keep for good' }).click()
  await good.getByText('kept for good').waitFor()
  assert.equal(await good.getByRole('button', { name: 'Remove' }).isVisible(), false)
  await good.getByRole('button', { name: 'Keep no longer' }).click()
  await good.getByRole('button', { name: 'Check' }).click()
  await good.getByText(/checked/).waitFor()

  const coming = page.waitForEvent('download')
  await good.getByRole('link', { name: 'Download' }).click()
  const download = await coming
  const bytes = readFileSync(await download.path())
  assert.equal(bytes.readUInt32LE(0), 0xfd2fb528, 'it is zstd')
  assert.match(download.suggestedFilename(), /demo.*\.tar\.zst$/)
  await shot(page, 'backups')

  // Somebody breaks it; it comes back.
  writeFileSync(join(first, 'level.dat'), 'broken')
  await good.getByText('Restore …').click()
  await shot(page, 'backups-restore')
  await good.getByRole('button', { name: 'Restore it' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click()
  await until('the world is back', async () => readFileSync(join(first, 'level.dat'), 'utf8') === 'first')

  // And onto another server, which was asleep.
  await good.getByLabel('Restore onto').selectOption('other')
  await until('it is taken', async () => {
    await good.getByRole('button', { name: 'Restore it' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    return readFileSync(join(second, 'level.dat'), 'utf8') === 'first'
  })

  await good.getByRole('button', { name: 'Remove' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await panel.getByText('There is none yet.').waitFor()
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true)
  assert.deepEqual(faults, [])
})

test('a player sees the backups and may do nothing with them; the staff may', async t => {
  const server = practice('demo', await freePort(), { boot: '0s' })
  server.local.directory = world(t, 'a world')
  const roost = await startRoost({ servers: [server] })
  t.after(() => roost.stop())
  const made = await roost.api('POST', '/v1/servers/demo/backups')
  assert.equal(made.status, 202, JSON.stringify(made.body))
  await until('it to be good', async () => (await roost.api('GET', '/v1/servers/demo/backups')).body.backups[0].state === 'good')
  for (const role of ['player', 'staff']) {
    await roost.api('PUT', `/v1/users/${role}`, { role, password: 'another good password' })
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, reducedMotion: 'reduce' })
    t.after(() => context.close())
    const page = await context.newPage()
    await page.goto(`${roost.url}/#/servers/demo`)
    await page.getByLabel('Name').fill(role)
    await page.getByLabel('Password').fill('another good password')
    await page.getByRole('button', { name: 'Sign in' }).click()
    const panel = page.getByRole('region', { name: 'Backups' })
    await panel.locator('.backup.is-good').waitFor()
    assert.equal(await panel.locator('a, button, summary').filter({ visible: true }).count() > 0, role === 'staff', role)
    const archive = await page.evaluate(path => fetch(path).then(({ status, headers }) => [status, headers.get('content-disposition')]),
      `/v1/servers/demo/backups/${made.body.id}/archive`)
    assert.equal(archive[0], role === 'staff' ? 200 : 403)
    if (role === 'staff') assert.match(archive[1], /^attachment; filename="demo-\d{8}T\d{4}Z\.tar\.zst"$/)
  }
})
