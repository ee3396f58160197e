// SPDX-License-Identifier: Apache-2.0
// Every view and dialog of the page as axe-core sees it (WCAG 2.2, A and AA), in both lights, wide and on a
// phone, with ordinary and with unkind content; what a keyboard alone can do; and that nothing of it moves
// for whoever asked for less motion.

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { launch, openPage, phone, shot, signIn, variants } from './browser.mjs'
import { longName, nasty, pretend } from './everything.mjs'
import { Roost, freePort, practice, startRoost, until } from './harness.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const standards = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice']
const shots = process.env.ROOST_SHOTS // for pictures, all four ways; the two that differ in everything will do otherwise
let browser

before(async () => { browser = await launch() })
after(() => browser?.close())

async function startDemo (t) {
  const policy = { idle_after: '0', roster: 'listed', op_tokens: 'owner' }
  const server = practice('demo', await freePort(), { boot: '0s', policy, roster: { uuids: 'offline' } })
  server.local.directory = 'game'
  const roost = new Roost({ servers: [server] })
  mkdirSync(join(roost.directory, 'game'))
  writeFileSync(join(roost.directory, 'game/level.dat'), 'a world')
  t.after(() => roost.stop())
  return roost.start()
}

/** What is wrong with a view: what axe finds, what is too small for a thumb, what sticks out. */
async function faultsOf (page, where) {
  if (!await page.evaluate(() => Boolean(globalThis.axe))) await page.evaluate(axe)
  // `run` needs nothing from elsewhere; the page's policy would not let it.
  const violations = await page.evaluate(async standards => {
    const { violations } = await globalThis.axe.run(document.querySelector('dialog[open]') ?? document, { runOnly: { type: 'tag', values: standards }, resultTypes: ['violations'] })
    return violations.flatMap(({ id, nodes }) => nodes.slice(0, 4).map(node => `${id}: ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`))
  }, standards)
  const faults = await page.evaluate(coarse => {
    const seen = element => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0 && !element.closest('.visually-hidden, .skip')
    const inText = element => element.matches('p a, label a, td a, .waited-for a, .failure a, h2 a')
    const small = [...document.querySelectorAll('button, a[href], summary, select, input:not([type=checkbox])')].filter(element =>
      coarse && seen(element) && !inText(element) && (element.getBoundingClientRect().height < 43.5 || element.getBoundingClientRect().width < 43.5))
    const out = document.documentElement.scrollWidth - innerWidth
    const narrow = [...document.querySelectorAll('.feed .entries')].filter(list => list.clientWidth < list.closest('.feed').clientWidth - 4)
    return [...narrow.map(() => 'the feed is narrower than its place'), ...small.map(element => `too small for a thumb: ${element.outerHTML.slice(0, 120)}`), ...out > 0 ? [`sideways by ${out}`] : []]
  }, page.viewportSize().width === phone.width)
  return [...violations, ...faults].map(fault => `${where}: ${fault}`)
}

test('every view and dialog, with a page full of everything', async t => {
  const roost = await startDemo(t)
  await roost.api('POST', '/v1/servers/demo/wake')
  await roost.untilState('demo', 'ready')
  const kept = practice('kept', await freePort(), { hosts: ['kept.test'], schedules: [
    { cron: '0 18 * * fri', zone: 'Europe/Berlin', do: 'wake' }, { cron: '*/30 * * * *', zone: 'UTC', do: 'command', line: nasty.script }] })
  assert.equal((await roost.api('PUT', '/v1/servers/kept', kept)).status, 201)
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
    await press(roster, /^Show all/)
    await roster.getByText('203.0.113.0/24').waitFor()
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
    await page.goto(`${roost.url}/#/servers/kept`)
    const schedules = page.getByRole('region', { name: 'Schedules' })
    await schedules.locator('.schedule').nth(1).waitFor()
    await look('schedules')
    for (const mode of ['daily', 'days', 'cron']) {
      await press(schedules, /^Change/)
      await page.getByLabel('When').selectOption(mode)
      await look(`dialog, schedule ${mode}`)
      await page.keyboard.press('Escape')
    }
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

test('with the keyboard alone: sign in, wake, a list, a ban, a backup and its restore, a form', async t => {
  const roost = await startDemo(t)
  const page = await openPage(t, browser, roost)
  const at = () => page.evaluate(() => {
    const { activeElement: active } = document
    const { outlineStyle, outlineWidth } = getComputedStyle(active)
    const inside = active.closest('section, dialog, article, header, main')
    return { name: active.ariaLabel ?? active.labels?.[0]?.textContent ?? active.textContent.trim(), tag: active.tagName,
      where: document.getElementById(inside?.getAttribute('aria-labelledby'))?.textContent ?? '',
      shown: outlineStyle !== 'none' && outlineWidth !== '0px' }
  })
  const press = (...keys) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve())
  // On with the Tab key until it is reached, as somebody would who cannot point; all that is passed must show it.
  const reach = async (name, where = /^/) => {
    for (let steps = 0; steps < 150; steps++) {
      const here = await at()
      assert.ok(here.shown || here.tag === 'BODY' || /^H\d$/.test(here.tag), `it is not seen that ${JSON.stringify(here)} has the focus`)
      if (name.test(here.name) && where.test(here.where)) return
      await press('Tab')
    }
    assert.fail(`${name} is not reached`)
  }
  const dialog = page.getByRole('dialog')

  await page.getByRole('button', { name: 'Sign in' }).waitFor()
  await page.keyboard.type('admin')
  await press('Tab')
  await page.keyboard.type(roost.password)
  await press('Enter')
  await page.getByRole('button', { name: 'Wake demo' }).waitFor()
  await reach(/^Wake demo$/)
  await press('Enter')
  await page.locator('[data-name=demo][data-state=ready]').waitFor()
  assert.match((await at()).name, /demo/, 'the focus stays at the card')
  await reach(/^Details/)
  await press('Enter')
  await page.getByRole('heading', { level: 1, name: 'demo' }).waitFor()
  assert.equal((await at()).tag, 'H1', 'a new view begins at its heading')

  // Into the list, and out of it by a ban, thought better of once.
  const roster = page.getByRole('region', { name: 'Who may play' })
  await roster.getByText('Nobody is on the list.').waitFor()
  await reach(/^Player$/, /Who may play/)
  await page.keyboard.type('Robin')
  await press('Enter')
  await roster.getByRole('button', { name: 'Ban Robin' }).waitFor()
  assert.equal((await at()).name, 'Player', 'the next can be typed')
  await reach(/^Make Robin an operator$/)
  await press('Enter')
  await roster.getByRole('button', { name: 'Make Robin no operator' }).waitFor()
  await until('the focus to be in its place', async () => (await at()).name === 'Make Robin no operator')
  await reach(/^Ban Robin$/)
  await press('Enter')
  await dialog.getByLabel('Why').waitFor()
  await press('Escape')
  await until('the focus to be back', async () => (await at()).name === 'Ban Robin')
  await press('Enter')
  await dialog.getByLabel('Why').waitFor()
  await page.keyboard.type('Lava.')
  await press('Enter')
  await roster.getByText('Banned: Lava.').waitFor()
  await until('the focus to be at its row', async () => (await at()).name === 'Lift the ban of Robin')

  // A backup, kept, and restored once the server sleeps.
  const backups = page.getByRole('region', { name: 'Backups' })
  await reach(/^Back up now$/)
  await press('Enter')
  await backups.locator('.is-good').waitFor()
  assert.equal((await at()).name, 'Back up now')
  assert.equal((await roost.api('POST', '/v1/servers/demo/sleep', { now: true })).status, 202)
  await page.locator('[data-name=demo][data-state=asleep]').waitFor()
  await reach(/^Restore …: backup of/)
  await press('Enter')
  await reach(/^Restore it$/)
  await press('Enter')
  await dialog.waitFor()
  assert.equal((await at()).name, 'Cancel', 'what cannot be undone is not what Enter does')
  await press('Enter')
  await until('the focus to be back', async () => (await at()).name === 'Restore it')
  await press('Enter', 'Tab')
  assert.equal((await at()).name, 'Restore')
  await press('Enter')
  await page.locator('.entry', { hasText: 'has the world of a backup' }).waitFor()

  // A template's form, with what is wrong told where it is.
  await page.goto(`${roost.url}/#/new`)
  await page.locator('.choice').first().waitFor()
  await reach(/^A game over TCP/)
  await press('Enter')
  await page.locator('.template-form').waitFor()
  assert.equal((await at()).name, 'Name')
  await page.keyboard.type('mine')
  await press('Enter')
  await page.locator('.field-error:visible').waitFor()
  const wrong = await page.evaluate(() => [document.activeElement.name, document.getElementById(document.activeElement.getAttribute('aria-describedby').split(' ')[0]).textContent])
  assert.equal(wrong[0], 'program')
  assert.ok(wrong[1].length > 5, 'what is wrong is read with the field')
  await page.keyboard.type('/bin/true')
  await press('Enter')
  await page.getByRole('heading', { level: 1, name: 'mine' }).waitFor()
  assert.deepEqual(page.faults, [])
})

test('nothing moves for whoever asked for less motion', async t => {
  const roost = await startRoost({ servers: [practice('demo', await freePort(), { boot: '60s' })] })
  t.after(() => roost.stop())
  await roost.api('POST', '/v1/servers/demo/wake')
  const moving = []
  for (const reducedMotion of ['reduce', 'no-preference']) {
    const page = await openPage(t, browser, roost, { reducedMotion })
    await signIn(page, roost)
    await page.locator('[data-name=demo][data-state=waking]').waitFor()
    moving.push(await page.evaluate(() => document.getAnimations().length))
  }
  assert.equal(moving[0], 0)
  assert.ok(moving[1] > 0, 'or nothing would be shown by it')
})
