// SPDX-License-Identifier: Apache-2.0
// Every view and dialog of the page as axe-core sees it (WCAG 2.2, A and AA), in both lights, wide and on a
// phone, with ordinary and with unkind content; what a keyboard alone can do; and that nothing of it moves
// for whoever asked for less motion.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'

import { launch, openPage, phone, shot, signIn, variants } from './browser.mjs'
import { longName, nasty, pretend } from './everything.mjs'
import { freePort, practice, startRoost, until } from './harness.mjs'

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const standards = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice']
const shots = process.env.ROOST_SHOTS // for pictures, all four ways; the two that differ in everything will do otherwise
let browser

before(async () => { browser = await launch() })
after(() => browser?.close())

async function startDemo (t) {
  const policy = { idle_after: '0', roster: 'listed', op_tokens: 'owner' }
  const roost = await startRoost({ servers: [practice('demo', await freePort(), { boot: '0s', policy, roster: { uuids: 'offline' } })] })
  t.after(() => roost.stop())
  return roost
}

/** What is wrong with a view: what axe finds, what is too small for a thumb, what sticks out. */
async function faultsOf (page, where) {
  if (!await page.evaluate(() => Boolean(globalThis.axe))) await page.evaluate(await axeText())
  // `run` needs nothing from elsewhere; the page's policy would not let it.
  const violations = await page.evaluate(async standards => {
    const { violations } = await globalThis.axe.run(document, { runOnly: { type: 'tag', values: standards }, resultTypes: ['violations'] })
    return violations.flatMap(({ id, nodes }) => nodes.slice(0, 4).map(node => `${id}: ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`))
  }, standards)
  const faults = await page.evaluate(coarse => {
    const seen = element => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0 && !element.closest('.visually-hidden, .skip')
    const inText = element => element.matches('p a, label a, td a, .waited-for a, .failure a, h2 a')
    const small = [...document.querySelectorAll('button, a[href], summary, select, input:not([type=checkbox])')].filter(element =>
      coarse && seen(element) && !inText(element) && (element.getBoundingClientRect().height < 43.5 || element.getBoundingClientRect().width < 43.5))
    const out = document.documentElement.scrollWidth - innerWidth
    return [...small.map(element => `too small for a thumb: ${element.outerHTML.slice(0, 120)}`), ...out > 0 ? [`sideways by ${out}`] : []]
  }, page.viewportSize().width === phone.width)
  return [...violations, ...faults].map(fault => `${where}: ${fault}`)
}

let text = null
async function axeText () {
  const { readFile } = await import('node:fs/promises')
  return (text ??= await readFile(axe, 'utf8'))
}

test('every view and dialog, with a page full of everything', async t => {
  const roost = await startDemo(t)
  await roost.api('POST', '/v1/servers/demo/wake')
  await roost.untilState('demo', 'ready')
  const faults = []
  for (const variant of variants.filter(({ name }) => shots || name === 'wide-light' || name === 'phone-dark')) {
    const page = await openPage(t, browser, roost, variant)
    const look = async where => {
      await shot(page, `${where.replaceAll(/[^a-z0-9]+/g, '-')}-${variant.name}`)
      faults.push(...await faultsOf(page, `${where}, ${variant.name}`))
    }
    const press = (place, name) => place.getByRole('button', { name }).first().click()
    await page.getByRole('button', { name: 'Sign in' }).click()
    await look('sign in')
    await signIn(page, roost)
    await look('servers, one')

    await pretend(page, roost)
    await page.reload()
    await page.locator('.card').nth(8).waitFor()
    await page.locator('.entry').nth(5).waitFor()
    await look('servers')
    for (const name of ['asleep', 'failed', 'installing', 'lost', 'quiet', 'settling', longName, 'full']) {
      await page.goto(`${roost.url}/#/servers/${name}`)
      await page.getByRole('heading', { level: 1, name }).waitFor()
      await page.locator('.runs tbody tr').first().waitFor()
      await page.locator('.backup').first().waitFor()
      for (const summary of await page.locator('.failure summary, [aria-labelledby=settings-title] summary, [aria-labelledby=declaration-title] summary').all()) {
        if (await summary.isVisible()) await summary.click()
      }
      await page.locator('.template-form').waitFor()
      await look(`server ${name}`)
    }
    const players = page.getByRole('region', { name: 'Players', exact: true })
    await players.locator('summary').first().click()
    await players.locator('.visits tbody tr').first().waitFor()
    await press(players, 'Show all 200 players')
    const roster = page.getByRole('region', { name: 'Who may play' })
    await roster.getByLabel('From now on').selectOption('banned')
    await roster.getByText('Banned until').first().waitFor()
    const backups = page.getByRole('region', { name: 'Backups' })
    await press(backups, /^Show all/)
    await backups.locator('.is-good .restore summary').first().click()
    await look('server full, opened')
    for (const [where, place, button] of [['ban', roster, 'Ban Robin'], ['remove a backup', backups, /^Remove/], ['restore', backups, 'Restore it']]) {
      await press(place, button)
      await page.getByRole('dialog').waitFor()
      await look(`dialog, ${where}`)
      await page.keyboard.press('Escape')
    }
    await page.goto(`${roost.url}/#/new`)
    await page.locator('.choice').nth(1).click()
    await page.locator('.template-form').waitFor()
    await press(page, 'Make the server')
    await page.locator('.field-error:visible').waitFor()
    await look('new server')
    await page.unroute('**/v1/**')

    await page.goto(`${roost.url}/#/people`)
    await page.getByRole('button', { name: 'Revoke e2e' }).waitFor()
    await look('people')
    await page.getByLabel('Label').fill(nasty.wide)
    await press(page, 'Make token')
    await page.getByRole('dialog').getByText('Here is the token').waitFor()
    await look('dialog, token')
    await page.keyboard.press('Escape')
    await press(page, `Revoke ${nasty.wide}`)
    await page.getByRole('dialog').waitFor()
    await look('dialog, revoke')
    await press(page.getByRole('dialog'), 'Revoke')
    await page.getByRole('button', { name: `Revoke ${nasty.wide}` }).waitFor({ state: 'detached' })
    for (const [hash, ready] of [['you', '#push-title'], ['servers/nowhere', '.empty'], ['servers/demo', '.entry']]) {
      await page.goto(`${roost.url}/#/${hash}`)
      await page.locator(ready).first().waitFor()
      await look(hash)
    }
    faults.push(...page.faults)
    await page.context().close()
  }
  assert.deepEqual(faults, [])
})
