// SPDX-License-Identifier: Apache-2.0
// The page in a real browser, against the real daemon. What makes it hard: the
// phases pass by themselves, so what was seen is recorded in the page as it happens.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

import { join as joinGame } from './minecraft.mjs'
import { assertGapless, freePort, practice, root, sleep, startRoost, until } from './harness.mjs'

const shots = process.env.ROOST_SHOTS	// a directory: pictures of every view are put there
let browser

before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync']
  })
})
after(() => browser?.close())

const wide = { width: 1280, height: 800 }
const phone = { width: 360, height: 740 }

/** A tab that notes what no page of ours may do: ask elsewhere, break its policy, throw. */
async function openPage (t, roost, { viewport = wide, colorScheme = 'light' } = {}) {
  const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' })
  t.after(() => context.close())
  const page = await context.newPage()
  page.faults = []
  page.on('pageerror', error => page.faults.push(`threw: ${error.stack}`))
  page.on('console', message => {
    if (/Content Security Policy|Refused to/.test(message.text())) page.faults.push(message.text())
  })
  page.on('request', request => {
    if (!request.url().startsWith(roost.url)) page.faults.push(`asked ${request.url()}`)
  })
  await page.goto(roost.url)
  return page
}

async function signIn (page, roost, name = 'admin', password = roost.password) {
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Servers', exact: true }).waitFor()
  await page.locator('.link[data-link=live]').waitFor()
}

async function shot (page, name) {
  if (!shots) return
  mkdirSync(shots, { recursive: true })
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true })
}

async function startDemo (t, { boot = '2s', more = {}, servers = 1 } = {}) {
  const declared = []
  for (let i = 0; i < servers; i++) {
    declared.push(practice(i ? `demo-${i}` : 'demo', await freePort(), { boot, hosts: [i ? `demo-${i}.test` : '*'], ...more }))
  }
  const roost = await startRoost({ servers: declared })
  t.after(() => roost.stop())
  return roost
}

async function addUser (roost, name, role, password = 'another good password') {
  const answer = await roost.api('PUT', `/v1/users/${name}`, { role, password })
  assert.ok(answer.status < 300, `making ${name}: ${answer.status} ${JSON.stringify(answer.body)}`)
  return password
}

/** Every state and phase the card shows from now on, in order. */
function recordPhases (page, name) {
  return page.evaluate(name => {
    const card = document.querySelector(`[data-name="${name}"]`)
    const seen = window.seen = []
    const note = () => {
      const now = [card.dataset.state, card.dataset.phase, card.querySelector('.now').textContent]
      if (now.slice(0, 2).join() !== seen.at(-1)?.slice(0, 2).join()) seen.push(now)
    }
    note()
    new MutationObserver(note).observe(card, { attributes: true, childList: true, subtree: true, characterData: true })
  }, name)
}

const feedIds = page => page.locator('.feed .entry').evaluateAll(entries => entries.map(entry => entry.dataset.id))
const feedTexts = page => page.locator('.feed .entry p').allInnerTexts()

test('the page: sign in, wake, watch the phases pass, ready, sleep, sign out', async t => {
  const roost = await startDemo(t)
  const page = await openPage(t, roost)
  await shot(page, 'sign-in')
  await page.getByLabel('Name').fill('admin')
  await page.getByLabel('Password').fill('not it')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').filter({ hasText: 'do not belong together' }).waitFor()
  await signIn(page, roost)

  const card = page.locator('[data-name=demo]')
  assert.equal(await card.getAttribute('data-state'), 'asleep')
  assert.equal(await card.locator('.address').innerText() !== '', true, 'an address to copy')
  await recordPhases(page, 'demo')
  await card.getByRole('button', { name: 'Wake demo' }).click()
  await card.locator('.progress:not(.installing)').waitFor()
  assert.match(await card.locator('.progress:not(.installing) .elapsed').innerText(), /^\d+ s/)
  await shot(page, 'waking')
  await page.locator('[data-name=demo][data-state=ready]').waitFor()
  const seen = await page.evaluate(() => window.seen)
  const phases = seen.filter(([state]) => state === 'waking').map(([, phase]) => phase)
  assert.ok(phases.includes('starting'), `phases seen: ${JSON.stringify(seen)}`)
  assert.deepEqual([...new Set(seen.map(([state]) => state))], ['asleep', 'waking', 'ready'])
  await card.locator('.now').filter({ hasText: 'Ready for' }).waitFor()
  await card.getByText('by admin, from this page').waitFor()

  await card.getByRole('link', { name: 'demo', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: 'demo' }).waitFor()
  await until('memory in the chart', () => page.locator('.chart path.memory').first().getAttribute('d'), 40000)
  await page.locator('table.runs tbody tr').first().waitFor()
  await shot(page, 'detail')

  await sleep(900)
  await page.getByRole('button', { name: 'Send demo to sleep' }).click()
  await page.locator('[data-name=demo][data-state=asleep]').waitFor()
  await page.getByRole('link', { name: 'All servers', exact: true }).click()
  await until('the feed to tell all of it', async () => {
    const texts = (await feedTexts(page)).join('\n')
    return /admin wakes demo/.test(texts) && /demo is ready after/.test(texts) && /admin sends demo to sleep/.test(texts) && /demo is asleep/.test(texts)
  })
  await shot(page, 'home')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
  assert.equal(await page.evaluate(async () => (await fetch('/v1/servers')).status), 401)
  assert.deepEqual(page.faults, [])
})

test('the page: what a role may not do is not offered', async t => {
  const roost = await startDemo(t, { boot: '0s' })
  const password = await addUser(roost, 'ana', 'player')
  await addUser(roost, 'sam', 'staff')
  await roost.api('POST', '/v1/servers/demo/wake')
  await roost.untilState('demo', 'ready')

  const player = await openPage(t, roost)
  await signIn(player, roost, 'ana', password)
  await player.locator('[data-name=demo][data-state=ready]').waitFor()
  assert.equal(await player.getByRole('button', { name: 'Send demo to sleep' }).count(), 0)
  assert.equal(await player.getByRole('link', { name: 'People' }).count(), 0)
  await player.goto(`${roost.url}/#/servers/demo`)
  await player.getByRole('heading', { level: 1, name: 'demo' }).waitFor()
  assert.equal(await player.getByRole('heading', { name: 'Console' }).count(), 0)
  assert.equal(await player.getByRole('heading', { name: 'Declaration' }).count(), 0)

  const staff = await openPage(t, roost)
  await signIn(staff, roost, 'sam', password)
  assert.equal(await staff.getByRole('link', { name: 'People' }).count(), 0)
  await staff.goto(`${roost.url}/#/servers/demo`)
  await staff.getByRole('heading', { name: 'Console' }).waitFor()
  await staff.getByRole('button', { name: 'Send demo to sleep' }).waitFor()
  // What comes from people is shown as they wrote it, and is never markup.
  const hostile = '<img src=x onerror="window.broken=1"> say hi'
  await staff.getByLabel('Send a line').fill(hostile)
  await staff.getByRole('button', { name: 'Send', exact: true }).click()
  await staff.locator('.entry').filter({ hasText: hostile }).waitFor()
  assert.equal(await staff.evaluate(() => window.broken), undefined)
  assert.deepEqual([...player.faults, ...staff.faults], [])
})

test('the page: a player who joins waits at the gate, is on, and is thought of before sleep', async t => {
  const roost = await startDemo(t, { boot: '4s' })
  const page = await openPage(t, roost)
  await signIn(page, roost)
  const card = page.locator('[data-name=demo]')
  // `roost practice` keeps who logs in, but is no game: this never settles before it stops.
  joinGame({ port: roost.gatePort, username: 'Ada', version: '1.20.4', within: 30000 }).catch(() => {})
  await card.getByText('1 player waiting at the gate').waitFor()
  await card.getByText('by Ada, who joined').waitFor()
  await shot(page, 'held')
  await card.locator('.chip').filter({ hasText: 'Ada' }).waitFor()
  await card.getByText(/^1 of \d+ on$/).waitFor()
  assert.equal(await card.locator('.flock .bird').count(), 1)
  await page.locator('.entry').filter({ hasText: 'Ada joined demo' }).waitFor()
  await shot(page, 'joined')

  await sleep(900)
  await card.getByRole('button', { name: 'Send demo to sleep' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('1 player is on').waitFor()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'hidden' })
  assert.equal((await roost.server('demo')).wanted, 'up')
  await card.getByRole('button', { name: 'Send demo to sleep' }).click()
  await dialog.getByRole('button', { name: 'Send to sleep' }).click()
  await page.locator('[data-name=demo][data-state=asleep]').waitFor()
  await page.locator('.entry').filter({ hasText: 'Ada left demo' }).waitFor()
  assert.deepEqual(page.faults, [])
})

test('the page: players are let in, made operators, banned and pardoned', async t => {
  const roost = await startDemo(t, { more: { policy: { idle_after: '0', roster: 'listed', op_tokens: 'owner' }, roster: { uuids: 'offline' } } })
  const page = await openPage(t, roost)
  await signIn(page, roost)
  await page.goto(`${roost.url}/#/servers/demo`)
  const panel = page.locator('section', { has: page.locator('#roster-title') })
  await panel.getByText('Only who is added here may play.').waitFor()
  await panel.getByText('Nobody is on the list.').waitFor()
  await panel.getByLabel('Player').fill('Robin')
  await panel.getByRole('button', { name: 'Save' }).click()
  const row = name => panel.locator('tbody tr', { hasText: name })
  await row('Robin').getByText('May play').waitFor()
  await row('Robin').getByRole('button', { name: 'Make Robin an operator' }).click()
  await row('Robin').locator('td[data-label=Standing]', { hasText: 'Operator' }).waitFor()
  await panel.getByLabel('Player').fill('Griefer')
  await panel.getByLabel('From now on').selectOption('banned')
  await panel.getByLabel('Why').fill('Lava in the library.')
  await panel.getByRole('button', { name: 'Save' }).click()
  await row('Griefer').getByText('Lava in the library.').waitFor()
  assert.equal(await panel.getByLabel('Why').isVisible(), false, 'only a ban has a reason')
  await panel.getByLabel('From now on').selectOption('address')
  await panel.getByLabel('Address or network').fill('203.0.113.0/24')
  await panel.getByRole('button', { name: 'Save' }).click()
  await row('203.0.113.0/24').getByText('Banned').waitFor()
  await row('Robin').getByText(/^[0-9a-f]{8}-[0-9a-f]{4}-3[0-9a-f]{3}/).waitFor()
  writeFileSync(join(roost.directory, 'whitelist.json'), JSON.stringify([{ uuid: 'b50ad385-829d-3141-a216-7e7d7539ba7f', name: 'Notch' }]))
  await page.getByRole('button', { name: /^Wake/ }).first().click()
  await panel.getByText('You woke it, so').waitFor({ timeout: 60000 })
  await row('Notch').getByText('in the game').waitFor()
  await panel.getByRole('button', { name: 'Become its operator now' }).click()
  await panel.getByText('your name in the game is not known').waitFor()
  await panel.getByRole('button', { name: 'Do it in the game’s chat' }).click()
  await panel.getByText(/!op [0-9a-z]{12}/).waitFor()
  await shot(page, 'roster')
  for (const viewport of [phone, wide]) {
    await page.setViewportSize(viewport)
    await shot(page, `roster-${viewport.width}`)
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), true, 'nothing sticks out')
  }
  await row('203.0.113.0/24').getByRole('button', { name: 'Lift the ban of 203.0.113.0/24' }).click()
  await row('203.0.113.0/24').waitFor({ state: 'detached' })
  assert.equal((await roost.cli(['roster', 'demo', 'ban', 'Robin'])).code, 0)
  await row('Robin').getByText('Banned').waitFor()
  await row('Robin').getByRole('button', { name: 'Lift the ban of Robin' }).click()
  await row('Robin').locator('td[data-label=Standing]', { hasText: 'Operator' }).waitFor()
  await row('Robin').getByRole('button', { name: 'Remove Robin from the list' }).click()
  await row('Robin').waitFor({ state: 'detached' })

  const password = await addUser(roost, 'pia', 'player')
  const player = await openPage(t, roost, { colorScheme: 'dark', viewport: phone })
  await signIn(player, roost, 'pia', password)
  await player.goto(`${roost.url}/#/servers/demo`)
  await player.locator('#roster-title').waitFor()
  await player.getByText('Griefer').first().waitFor()
  assert.equal(await player.getByRole('button', { name: 'Save' }).isVisible(), false)
  assert.equal(await player.getByRole('button', { name: /ban/i }).count(), 0)
  await shot(player, 'roster-dark')
  assert.deepEqual([...page.faults, ...player.faults], [])
})

test('the page: users and tokens are made, shown once and taken back', async t => {
  const roost = await startDemo(t)
  const page = await openPage(t, roost)
  await signIn(page, roost)
  await page.getByRole('link', { name: 'People' }).click()
  const users = page.getByRole('region', { name: 'Users' })
  await users.getByLabel('Name').fill('lena')
  await users.getByLabel('Password').fill('a password of hers')
  await users.getByLabel('Role', { exact: true }).selectOption('staff')
  await users.getByRole('button', { name: 'Add user' }).click()
  await users.getByLabel('Role of lena').waitFor()

  const tokens = page.getByRole('region', { name: 'Tokens' })
  await tokens.getByLabel('Label').fill('a bot')
  await tokens.getByRole('button', { name: 'Make token' }).click()
  const dialog = page.getByRole('dialog')
  const secret = await dialog.locator('.secret').innerText()
  assert.match(secret, /^roost_/)
  await shot(page, 'token')
  const asked = () => fetch(`${roost.url}/v1/servers`, { headers: { authorization: `Bearer ${secret}` } })
  assert.equal((await asked()).status, 200)
  await dialog.getByRole('button', { name: 'I have it' }).click()
  await tokens.getByRole('button', { name: 'Revoke a bot' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
  await until('the token to be gone', async () => (await asked()).status === 401)
  await users.getByRole('button', { name: 'Remove lena' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await until('lena to be gone', async () => await users.getByLabel('Role of lena').count() === 0)
  await shot(page, 'people')
  assert.deepEqual(page.faults, [])
})

test('the page: after a kill -9 of roost it comes back with nothing missing', async t => {
  const roost = await startDemo(t, { boot: '3s' })
  const page = await openPage(t, roost)
  await signIn(page, roost)
  await page.getByRole('button', { name: 'Wake demo' }).click()
  await page.locator('[data-name=demo][data-state=waking]').waitFor()
  await roost.kill9()
  await page.locator('.link[data-link=reconnecting]').waitFor()
  await shot(page, 'reconnecting')
  await roost.restart()
  await page.locator('.link[data-link=live]').waitFor()
  await page.locator('[data-name=demo][data-state=ready]').waitFor()
  const events = await roost.events()
  assertGapless(events)
  // Changes of state that have an event of their own beside them are left out of the list.
  const told = events.filter(event => event.type !== 'server.phase_changed' || event.data.phase)
  await until('the same events as the record, each once', async () => {
    const ids = await feedIds(page)
    return ids.length === new Set(ids).size && told.every(event => ids.includes(event.id))
  })
  assert.deepEqual(page.faults, [])
})

test('the page: who else is there, console lines as they come, and what a kill -9 does to them', async t => {
  const roost = await startDemo(t, { boot: '1s' })
  const password = await addUser(roost, 'ben', 'staff')
  const page = await openPage(t, roost)
  await signIn(page, roost)
  assert.equal(await page.locator('.company').isVisible(), false, 'nobody else is here')
  const other = await openPage(t, roost, { viewport: phone, colorScheme: 'dark' })
  await signIn(other, roost, 'ben', password)
  await page.locator('.company').filter({ hasText: 'ben is here too' }).waitFor()
  await other.locator('.company').filter({ hasText: 'admin is here too' }).waitFor()

  await page.goto(`${roost.url}/#/servers/demo`)
  await page.getByRole('button', { name: 'Wake demo' }).click()
  await page.locator('.toast').filter({ hasText: 'demo is ready' }).waitFor()
  const lines = () => page.locator('pre.console').innerText()
  await until('the tail of the console', async () => (await lines()).length > 0)
  const before = (await lines()).split('\n').length
  await page.getByLabel('Send a line').fill('list')
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  await until('what the game says to it', async () => (await lines()).split('\n').length > before)
  await shot(page, 'live-1280-light')
  await other.goto(`${roost.url}/#/servers/demo`)
  await until('the same lines on the phone', async () => await other.locator('pre.console').innerText() === await lines())
  await shot(other, 'live-360-dark')

  await roost.kill9()
  await page.locator('.link[data-link=reconnecting]').waitFor()
  await roost.restart()
  await page.locator('.link[data-link=live]').waitFor()
  await page.locator('.company').filter({ hasText: 'ben is here too' }).waitFor()
  await page.getByLabel('Send a line').fill('list')
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  await until('lines of the console again', async () => /list|players/i.test(await lines()))
  await other.context().close()
  await until('ben to have gone', async () => !await page.locator('.company').isVisible())
  assert.deepEqual(page.faults, [])
})

test('the page: every state, phase and type of event has words', async t => {
  const words = file => [...readFileSync(join(root, 'src/core/model', file), 'utf8')
    .matchAll(/^[A-Z]+\(\w+,\s*"([^"]+)"/gm)].map(match => match[1])
  const roost = await startDemo(t)
  const page = await openPage(t, roost)
  const known = await page.evaluate(async () => {
    const { STATES, PHASES, ROLES } = await import('/words.js')
    const { EVENT_TYPES, sentenceOf, textOf } = await import('/sentences.js')
    const said = EVENT_TYPES.map(type => textOf(sentenceOf({ type, subject: 'demo', data: {} }).parts))
    const alerts = EVENT_TYPES.filter(type => sentenceOf({ type, subject: 'demo' }).tone === 'alert')
    return { alerts, states: Object.keys(STATES), phases: Object.keys(PHASES), roles: Object.keys(ROLES), types: EVENT_TYPES, said }
  })
  for (const state of words('state.def')) assert.ok(known.states.includes(state), `state ${state}`)
  for (const phase of words('phase.def')) assert.ok(known.phases.includes(phase), `phase ${phase}`)
  for (const type of words('event.def')) assert.ok(known.types.includes(type), `event ${type}`)
  assert.ok(words('event.def').length > 20)
  const alerts = [...readFileSync(join(root, 'src/core/model/event.def'), 'utf8')
    .matchAll(/^EVENT\(\w+,\s*"([^"]+)",\s*\w+,\s*ALERT,/gm)].map(match => match[1])
  assert.ok(alerts.length > 3)
  assert.deepEqual(known.alerts.sort(), alerts.sort())
  for (const sentence of known.said) assert.doesNotMatch(sentence, /undefined|null|NaN|\[object/)
})

/** What is wrong for people who use a keyboard, a screen reader, or weak eyes. Runs in the page. */
function faultsForPeople () {
  const faults = []
  const visible = element => element.checkVisibility() && element.getClientRects().length > 0
  const all = [...document.querySelectorAll('*')]
  const ids = all.map(element => element.id).filter(Boolean)
  for (const id of ids.filter((id, index) => ids.indexOf(id) !== index)) faults.push(`id ${id} is there twice`)
  for (const input of document.querySelectorAll('input, select, textarea')) {
    if (!input.labels?.length && !input.ariaLabel) faults.push(`no label: ${input.outerHTML}`)
  }
  for (const control of document.querySelectorAll('button, a[href]')) {
    if (visible(control) && !(control.ariaLabel || control.textContent.trim())) faults.push(`no name: ${control.outerHTML}`)
  }
  for (const picture of document.querySelectorAll('svg, img')) {
    if (visible(picture) && !picture.closest('[aria-hidden=true]') && !picture.ariaLabel && !picture.getAttribute('alt')) faults.push(`no words: ${picture.outerHTML.slice(0, 80)}`)
  }
  for (const name of ['main', 'header']) if (document.querySelectorAll(`body > ${name}`).length !== 1) faults.push(`not one ${name}`)
  if (document.querySelectorAll('h1').length !== 1) faults.push('not one h1')
  let level = 0
  for (const heading of [...document.querySelectorAll('h1, h2, h3')].filter(visible)) {
    const now = Number(heading.tagName[1])
    if (now > level + 1 && level > 0) faults.push(`h${now} behind h${level}: ${heading.textContent}`)
    level = now
  }
  for (const referred of document.querySelectorAll('[aria-labelledby], [aria-describedby]')) {
    for (const attribute of ['aria-labelledby', 'aria-describedby']) {
      const id = referred.getAttribute(attribute)
      if (id && !document.getElementById(id)) faults.push(`${attribute} names ${id}, which is not there`)
    }
  }
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  const rgba = colour => {
    canvas.clearRect(0, 0, 1, 1)
    canvas.fillStyle = colour
    canvas.fillRect(0, 0, 1, 1)
    return [...canvas.getImageData(0, 0, 1, 1).data]
  }
  const light = ([r, g, b]) => {
    const part = value => value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b)
  }
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor)
      if (colour[3] > 200) return colour
    }
    return rgba(getComputedStyle(document.documentElement).backgroundColor)
  }
  for (const element of all) {
    const own = [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim())
    if (!own || !visible(element) || element.closest('.sky, [disabled], [aria-disabled=true], svg, .skip, .visually-hidden')) continue
    const [a, b] = [light(rgba(getComputedStyle(element).color)), light(behind(element))].sort((x, y) => y - x)
    const contrast = (a + 0.05) / (b + 0.05)
    if (contrast < 4.5) faults.push(`contrast ${contrast.toFixed(2)}: ${element.className} “${element.textContent.slice(0, 40)}”`)
  }
  return faults
}

async function assertForPeople (page, where) {
  assert.deepEqual(await page.evaluate(faultsForPeople), [], where)
  const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  assert.ok(tooWide <= 0, `${where} scrolls sideways by ${tooWide}px`)
}

test('the page: labels, names, ids, contrast and width, in every view, light and dark, wide and phone', async t => {
  const roost = await startDemo(t, { boot: '0s', servers: 3 })
  const broken = practice('broken', await freePort(), { hosts: ['broken.test'] })
  broken.local.command = ['/bin/sh', '-c', 'echo a last line; exit 3']
  await roost.api('PUT', '/v1/servers/broken', broken)
  await roost.api('POST', '/v1/servers/demo/wake')
  await roost.api('POST', '/v1/servers/broken/wake')
  await roost.untilState('demo', 'ready')
  await roost.untilState('broken', 'failed')
  for (const [viewport, colorScheme] of [[wide, 'light'], [wide, 'dark'], [phone, 'light'], [phone, 'dark']]) {
    const where = `${viewport.width}px ${colorScheme}`
    const page = await openPage(t, roost, { viewport, colorScheme })
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    await assertForPeople(page, `sign in, ${where}`)
    await signIn(page, roost)
    await page.locator('[data-name=broken] .failure').waitFor()
    await page.locator('.entry').first().waitFor()
    await assertForPeople(page, `servers, ${where}`)
    await shot(page, `servers-${viewport.width}-${colorScheme}`)
    for (const [hash, ready] of [['#/servers/demo', 'table.runs tbody tr'], ['#/servers/broken', '.failure'], ['#/people', '#users-title'], ['#/servers/nowhere', '.empty']]) {
      await page.goto(`${roost.url}/${hash}`)
      await page.locator(ready).first().waitFor()
      await page.locator('.entry:visible, .quiet:visible').first().waitFor()
      await assertForPeople(page, `${hash}, ${where}`)
      await shot(page, `${hash.slice(2).replace('/', '-')}-${viewport.width}-${colorScheme}`)
    }
    assert.deepEqual(page.faults, [])
    await page.context().close()
  }
})

test('the page: with the keyboard alone', async t => {
  const roost = await startDemo(t, { boot: '0s' })
  const page = await openPage(t, roost)
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
  await page.keyboard.type('admin')	// the name has the focus
  await page.keyboard.press('Tab')
  await page.keyboard.type(roost.password)
  await page.keyboard.press('Enter')
  const wake = page.getByRole('button', { name: 'Wake demo' })
  await wake.waitFor()
  const focused = () => page.evaluate(() => {
    const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement)
    return { name: document.activeElement.ariaLabel ?? document.activeElement.textContent, outline: outlineStyle !== 'none' && outlineWidth !== '0px' }
  })
  const passed = []
  for (let i = 0; i < 30 && passed.at(-1)?.name !== 'Wake demo'; i++) {
    await page.keyboard.press('Tab')
    passed.push(await focused())
  }
  assert.equal(passed.at(-1).name, 'Wake demo', JSON.stringify(passed))
  assert.deepEqual(passed.filter(({ outline }) => !outline), [], 'everything that has the focus shows it')
  await page.keyboard.press('Enter')
  await page.locator('[data-name=demo][data-state=ready]').waitFor()
  assert.notEqual(await page.evaluate(() => document.activeElement.tagName), 'BODY', 'the focus is not lost with the button')
  assert.notEqual((await focused()).name, 'Send demo to sleep', 'a second Enter must not undo the first')
  await until('it to be read out', () => page.evaluate(() => /demo is ready/.test(document.getElementById('announcer').textContent)), 10000)
})

test('the page: light and dark, as the system or as chosen, and kept', async t => {
  const roost = await startDemo(t)
  const page = await openPage(t, roost, { colorScheme: 'dark' })
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme)
  const button = page.getByRole('button', { name: /^Colours/ })
  await button.waitFor()
  assert.equal(await theme(), 'dark')
  await button.click()
  assert.equal(await theme(), 'light')
  await page.reload()
  await button.waitFor()
  assert.equal(await theme(), 'light')
  assert.deepEqual(page.faults, [])
})

test('the page: no servers yet, then one appears by itself', async t => {
  const roost = await startRoost({ servers: [] })
  t.after(() => roost.stop())
  const page = await openPage(t, roost)
  await signIn(page, roost)
  await page.getByRole('heading', { name: 'No servers yet' }).waitFor()
  const sample = await page.locator('.sample code').innerText()
  assert.equal(sample.trim().split('\n').length, 10)
  await shot(page, 'empty')
  const declared = await roost.api('PUT', '/v1/servers/late', practice('late', await freePort()))
  assert.ok(declared.status < 300, JSON.stringify(declared.body))
  await page.locator('[data-name=late]').waitFor()
  assert.equal(await page.getByRole('heading', { name: 'No servers yet' }).count(), 0)
  assert.deepEqual(page.faults, [])
})
