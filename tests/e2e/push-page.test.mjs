// SPDX-License-Identifier: Apache-2.0
// The bells of the page in a real browser. No browser's push service can be reached from
// here: so PushManager is a stand-in that hands out a subscription at the tests' own
// service, and what that gets is handed to the real service worker by DevTools.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

import { freePort, practice, startRoost, until } from './harness.mjs'
import { startPushService } from './pushservice.mjs'

const shots = process.env.ROOST_SHOTS
let browser

before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
      '--host-resolver-rules=MAP games.test 127.0.0.1']
  })
})
after(() => browser?.close())

async function shot (page, name) {
  if (!shots) return
  mkdirSync(shots, { recursive: true })
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true })
}

async function start (t, { servers = ['demo'] } = {}) {
  const service = await startPushService()
  const declared = []
  for (const name of servers) declared.push(practice(name, await freePort(), { boot: '500ms', hosts: [`${name}.test`] }))
  const roost = await startRoost({ servers: declared, outbound: { allow: ['127.0.0.0/8'] } })
  t.after(async () => {
    await roost.stop()
    await service.stop()
    assert.deepEqual(service.faults, [])
  })
  return { roost, service }
}

/** In the page: a PushManager whose subscriptions are those of the tests' push service. */
function standIn ({ subscription }) {
  const bytesOf = text => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), c => c.charCodeAt(0))
  const current = () => {
    const key = localStorage.getItem('stand-in')
    return key && {
      endpoint: subscription.endpoint,
      options: { applicationServerKey: bytesOf(key).buffer, userVisibleOnly: true },
      toJSON: () => subscription,
      async unsubscribe () { localStorage.removeItem('stand-in'); return true }
    }
  }
  PushManager.prototype.getSubscription = async () => current()
  PushManager.prototype.subscribe = async ({ applicationServerKey, userVisibleOnly }) => {
    if (!userVisibleOnly || Notification.permission !== 'granted') throw new DOMException('not allowed', 'NotAllowedError')
    localStorage.setItem('stand-in', applicationServerKey)
    return current()
  }
}

async function openPage (t, roost, { subscription, permissions = ['notifications'], url = roost.url, colorScheme = 'light', viewport = { width: 1280, height: 800 } } = {}) {
  const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' })
  t.after(() => context.close())
  if (permissions.length) await context.grantPermissions(permissions, { origin: url })
  if (subscription) await context.addInitScript(standIn, { subscription })
  const page = await context.newPage()
  page.faults = []
  page.on('pageerror', error => page.faults.push(`threw: ${error.stack}`))
  page.on('console', message => {
    if (/Content Security Policy|Refused to/.test(message.text())) page.faults.push(message.text())
  })
  await page.goto(url)
  await page.getByLabel('Name').fill('admin')
  await page.getByLabel('Password').fill(roost.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Servers', exact: true }).waitFor()
  await page.locator('.link[data-link=live]').waitFor()
  return page
}

const bellOf = (page, name, label = 'Tell me when it is ready') =>
  page.getByRole('group', { name: `Notifications about ${name}` }).getByRole('switch', { name: new RegExp(`^${label}`) })
const isOn = bell => until('the bell to be on', async () => await bell.getAttribute('aria-checked') === 'true')
const isOff = bell => until('the bell to be off', async () => await bell.getAttribute('aria-checked') === 'false')
const own = async roost => (await roost.api('GET', '/v1/push')).body.browsers

/** What the push service got, handed to the service worker as the browser would. */
async function deliver (page, roost, message) {
  const devtools = await page.context().newCDPSession(page)
  const known = new Promise(resolve => devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
    if (registrations.length) resolve(registrations[0].registrationId)
  }))
  await devtools.send('ServiceWorker.enable')
  await devtools.send('ServiceWorker.deliverPushMessage', { origin: roost.url, registrationId: await known, data: JSON.stringify(message) })
}

const shown = page => page.evaluate(async () => {
  const registration = await navigator.serviceWorker.getRegistration('/')
  return (await registration.getNotifications()).map(({ title, body, tag, data }) => ({ title, body, tag, data }))
})

test('the bell: asked for on the page, told while it sleeps, shown, and opened', async t => {
  const { roost, service } = await start(t, { servers: ['demo', 'other'] })
  const { subscription, ...subscribed } = service.subscribe((await roost.api('GET', '/v1/push')).body.public_key)
  const told = service.browsers.get(subscribed.path)
  const page = await openPage(t, roost, { subscription })
  const bell = bellOf(page, 'demo')
  assert.equal(await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length), 0, 'nothing is registered before somebody wants it')
  await bell.click()
  await isOn(bell)
  assert.deepEqual((await own(roost)).map(each => each.servers), [[{ name: 'demo', kind: 'once' }]])
  await shot(page, 'bell-on')

  await roost.api('POST', '/v1/servers/demo/wake')
  await until('the message', () => told.told.length === 1)
  await deliver(page, roost, told.told[0])
  const [notification] = await until('the notification', async () => { const all = await shown(page); return all.length && all })
  assert.deepEqual(notification, { title: 'demo is ready', body: told.told[0].body, tag: 'ready/demo', data: { url: `${roost.url}/#/servers/demo` } })
  await deliver(page, roost, told.told[0])
  assert.equal((await shown(page)).length, 1, 'the same again is shown once')
  await isOff(bell)	// once was once

  const worker = page.context().serviceWorkers()[0]
  await worker.evaluate(async () => {
    const [notification] = await self.registration.getNotifications()
    self.dispatchEvent(new NotificationEvent('notificationclick', { notification }))
  })
  await page.getByRole('heading', { level: 1, name: 'demo' }).waitFor()
  assert.match(page.url(), /#\/servers\/demo$/)
  assert.deepEqual(page.faults, [])
})

test('the bell: every time, for several servers, kept over a reload, and taken back', async t => {
  const { roost, service } = await start(t, { servers: ['demo', 'other'] })
  const { subscription } = service.subscribe((await roost.api('GET', '/v1/push')).body.public_key)
  const page = await openPage(t, roost, { subscription })
  await bellOf(page, 'demo').click()
  await isOn(bellOf(page, 'demo'))
  await bellOf(page, 'demo', 'Every time').click()
  await isOn(bellOf(page, 'demo', 'Every time'))
  await bellOf(page, 'other').click()
  await isOn(bellOf(page, 'other'))
  await page.reload()
  await isOn(bellOf(page, 'demo', 'Every time'))
  await isOn(bellOf(page, 'other'))
  assert.deepEqual((await own(roost)).map(each => each.servers), [[{ name: 'demo', kind: 'always' }, { name: 'other', kind: 'once' }]])

  await page.goto(`${roost.url}/#/you`)
  const panel = page.getByRole('region', { name: 'Notifications in this browser' })
  await panel.getByText('demo, every time').waitFor()
  await panel.getByRole('switch', { name: 'Tell me about trouble' }).click()
  await isOn(panel.getByRole('switch', { name: 'Tell me about trouble' }))
  assert.equal((await own(roost))[0].alerts, true)
  await shot(page, 'bell-you')
  await panel.getByRole('button', { name: 'Tell this browser nothing more' }).click()
  await panel.getByText('Told of nothing').waitFor()
  assert.deepEqual(await own(roost), [])
  assert.equal(await page.evaluate(() => localStorage.getItem('stand-in')), null, 'and it is no longer subscribed')
  assert.deepEqual(page.faults, [])
})

test('the bell: who signs out is told nothing more in that browser', async t => {
  const { roost, service } = await start(t)
  const { subscription } = service.subscribe((await roost.api('GET', '/v1/push')).body.public_key)
  const page = await openPage(t, roost, { subscription })
  await bellOf(page, 'demo').click()
  await isOn(bellOf(page, 'demo'))
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
  assert.deepEqual(await own(roost), [])
  assert.deepEqual(page.faults, [])
})

test('the bell: what stands in the way is said', async t => {
  const { roost } = await start(t)
  const denied = await openPage(t, roost, { permissions: [] })
  await denied.evaluate(() => Object.defineProperty(Notification, 'permission', { get: () => 'denied' }))
  await bellOf(denied, 'demo').click()
  await denied.getByRole('alert').filter({ hasText: 'does not let roost notify you' }).waitFor()
  await isOff(bellOf(denied, 'demo'))
  await shot(denied, 'bell-denied')

  const url = roost.url.replace('127.0.0.1', 'games.test')
  const plain = await openPage(t, roost, { permissions: [], url })
  assert.equal(await plain.locator('.bells:visible').count(), 0)
  await plain.goto(`${url}/#/you`)
  await plain.getByText('Notifications need an address that begins with https://').waitFor()
  await shot(plain, 'bell-insecure')
  assert.deepEqual(await own(roost), [])
  assert.deepEqual([...denied.faults, ...plain.faults], [])
})

test('the bell: on a phone, in the dark', async t => {
  const { roost, service } = await start(t, { servers: ['demo', 'survival-with-a-long-name'] })
  const { subscription } = service.subscribe((await roost.api('GET', '/v1/push')).body.public_key)
  const page = await openPage(t, roost, { subscription, colorScheme: 'dark', viewport: { width: 360, height: 740 } })
  await bellOf(page, 'demo').click()
  await isOn(bellOf(page, 'demo'))
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), 'nothing scrolls sideways')
  const box = await bellOf(page, 'demo').boundingBox()
  assert.ok(box.height >= 44, 'room for a finger')
  await shot(page, 'bell-phone-dark')
  assert.deepEqual(page.faults, [])
})
