// SPDX-License-Identifier: Apache-2.0
// The page in a real browser, for tests: tabs that note what no page of ours may do.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const shots = process.env.ROOST_SHOTS	// a directory: pictures of every view are put there

export const wide = { width: 1280, height: 800 }
export const phone = { width: 390, height: 844 }

/** Every way a view must look right. */
export const variants = [wide, phone].flatMap(viewport => ['light', 'dark'].map(colorScheme =>
  ({ viewport, colorScheme, name: `${viewport === wide ? 'wide' : 'phone'}-${colorScheme}` })))

export const launch = () => chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync']
})

/** A tab that notes what no page of ours may do: ask elsewhere, break its policy, throw. */
export async function openPage (t, browser, roost, { viewport = wide, colorScheme = 'light', ...more } = {}) {
  const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce', hasTouch: viewport !== wide, ...more })
  t.after(() => context.close())
  const page = await context.newPage()
  page.faults = []
  page.on('pageerror', error => page.faults.push(`threw: ${error.stack}`))
  page.on('dialog', dialog => { page.faults.push(`asked: ${dialog.message()}`); dialog.dismiss() })
  page.on('console', message => {
    if (/Content Security Policy|Refused to/.test(message.text())) page.faults.push(message.text())
  })
  page.on('request', request => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(roost.url)) page.faults.push(`asked ${request.url()}`)
  })
  await page.goto(roost.url)
  return page
}

export async function signIn (page, roost, name = 'admin', password = roost.password) {
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Servers', exact: true }).waitFor()
  await page.locator('.link[data-link=live]').waitFor()
}

export async function shot (page, name, fullPage = true) {
  if (!shots) return
  mkdirSync(shots, { recursive: true })
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage })
}
