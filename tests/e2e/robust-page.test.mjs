// SPDX-License-Identifier: Apache-2.0
// What would break a careless page: roost is killed under every panel while somebody types, and names,
// lines and titles that are markup, turn the direction of writing or never end.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { launch, openPage, phone, shot, signIn } from './browser.mjs'
import { nasty } from './everything.mjs'
import { freePort, practice, startRoost, until } from './harness.mjs'
import { join as joinGame } from './minecraft.mjs'

let browser

before(async () => { browser = await launch() })
after(() => browser?.close())

async function startDemo (t, config = {}, options = []) {
  const directory = mkdtempSync(join(tmpdir(), 'roost-world-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  writeFileSync(join(directory, 'level.dat'), Buffer.alloc(300000, 'x'))
  const server = practice('demo', await freePort(), { boot: '0s', options, policy: { roster: 'listed' }, roster: { uuids: 'offline' } })
  server.local.directory = directory
  const roost = await startRoost({ ...config, servers: [server] })
  t.after(() => roost.stop())
  await roost.api('POST', '/v1/servers/demo/wake')
  await roost.untilState('demo', 'ready')
  return roost
}

async function openServer (t, roost, options) {
  const page = await openPage(t, browser, roost, options)
  await signIn(page, roost)
  await page.goto(`${roost.url}/#/servers/demo`)
  const region = name => page.getByRole('region', { name, exact: true })
  return { page, backups: region('Backups'), roster: region('Who may play'), console: region('Console'), players: region('Players') }
}

test('roost is killed under every panel while somebody types, and comes back', async t => {
  const roost = await startDemo(t, {}, ['--slow-save', '4s'])
  await roost.api('PUT', '/v1/servers/demo/roster/Wren', { whitelisted: true })
  const wren = await joinGame({ port: roost.gatePort, username: 'Wren', version: '1.20.4' })
  wren.on('error', () => {})
  t.after(() => wren.end())
  const { page, backups, roster, console, players } = await openServer(t, roost)
  await players.locator('.player', { hasText: 'Wren' }).locator('summary').click()
  await players.getByText('is on').waitFor()
  await backups.getByRole('button', { name: 'Back up now' }).click()
  await backups.getByText('The game saves and holds still').waitFor()
  await roster.getByLabel('Player').fill('Griefer')
  await roster.getByLabel('From now on').selectOption('banned')
  await roster.getByLabel('Why').fill('Lava in the library.')
  await console.getByLabel('Send a line').fill('say half a sentence')
  await console.getByText('Done (').first().waitFor()

  await roost.kill9()
  await page.locator('.link[data-link=reconnecting]').waitFor()
  await roster.getByRole('button', { name: 'Save' }).click()
  await roster.getByText('roost cannot be reached').waitFor()
  await console.getByRole('button', { name: 'Send', exact: true }).click()
  await console.getByText('roost cannot be reached').waitFor()
  await shot(page, 'killed')

  await roost.restart()
  await page.locator('.link[data-link=live]').waitFor()
  await roost.untilState('demo', 'ready')
  // Nothing that was typed is lost, and it counts when it is sent again.
  assert.equal(await roster.getByLabel('Player').inputValue(), 'Griefer')
  assert.equal(await roster.getByLabel('Why').inputValue(), 'Lava in the library.')
  assert.equal(await console.getByLabel('Send a line').inputValue(), 'say half a sentence')
  await roster.getByRole('button', { name: 'Save' }).click()
  await roster.locator('tr', { hasText: 'Griefer' }).getByText('Lava in the library.').waitFor()
  await console.getByRole('button', { name: 'Send', exact: true }).click()
  await console.locator('.console').getByText('half a sentence').first().waitFor()
  assert.equal(await page.getByText('roost cannot be reached').filter({ visible: true }).count(), 0)

  // What went on meanwhile is there, once: the backup came to an end, the visit too.
  await backups.locator('.backup.is-good, .backup.is-failed').first().waitFor()
  const record = (await roost.api('GET', '/v1/servers/demo/backups')).body.backups
  assert.equal(await backups.locator('.backup').count(), record.length)
  await players.getByText(/last seen/).waitFor()
  const visits = (await roost.api('GET', '/v1/servers/demo/sessions')).body.sessions
  await until('the visits of the record', async () => await players.locator('.visits tbody tr').count() === visits.length)
  assert.equal(await roster.locator('tbody tr').count(), 2)
  const tail = (await roost.api('GET', '/v1/servers/demo/console')).body.lines
  await until('the lines of the record, each once', async () => {
    const shown = (await console.locator('.console > div').allInnerTexts()).filter(line => !line.startsWith('…'))
    return tail.length === shown.length && tail.every((line, index) => shown[index] === line)
  })

  // And a view that was opened while roost was away is filled when it is back.
  await roost.kill9()
  await page.locator('.link[data-link=reconnecting]').waitFor()
  const unanswered = page.getByText('roost cannot be reached').filter({ visible: true })
  const fresh = [['people', () => page.getByRole('button', { name: 'Revoke e2e' })], ['servers/demo', () => backups.locator('.backup').first()],
    ['new', () => page.locator('.choice').first()]]
  for (const [hash, filled] of fresh) {
    await page.goto(`${roost.url}/#/${hash}`)
    await unanswered.first().waitFor()
    await roost.restart()
    await page.locator('.link[data-link=live]').waitFor()
    await filled().waitFor()
    await until('no complaint to be left', async () => await unanswered.count() === 0)
    await roost.kill9()
    await page.locator('.link[data-link=reconnecting]').waitFor()
  }
  assert.deepEqual(page.faults, [])
})

const template = `
template: nasty
title: ${JSON.stringify(nasty.markup)}
description: ${JSON.stringify(`${nasty.script} ${nasty.wide}.`)}
variables:
  - name: motd
    title: ${JSON.stringify(nasty.script)}
    help: ${JSON.stringify(nasty.markup)}
    default: ${JSON.stringify(nasty.script)}
  - name: mode
    title: Mode
    type: choice
    choices: [${JSON.stringify(nasty.markup)}, easy]
    default: easy
server:
  game: tcp
  listen: ["127.0.0.1:\${port}"]
  address: "127.0.0.1:1"
  local: {command: ["true", "\${motd}"], directory: "."}
`.replace('server:', '  - {name: port, title: Port, type: port, default: 25999}\nserver:')

test('names, lines and titles that are markup stay what they say', async t => {
  const roost = await startDemo(t, { channels: [{ name: 'chat', read: 'player', post: 'player' }] })
  const said = `say ${nasty.markup} ${nasty.script}`
  writeFileSync(join(roost.directory, 'nasty.yaml'), template)
  const applied = await roost.cli(['apply', '-f', 'nasty.yaml'])
  assert.equal(applied.code, 0, applied.stderr)
  for (const [method, path, body] of [
    ['POST', '/v1/servers/demo/command', { line: said }],
    ['PUT', '/v1/servers/demo/roster/Griefer', { banned: true, reason: nasty.markup }],
    ['POST', '/v1/messages', { channel: 'chat', message: { html: nasty.markup } }],
    ['POST', '/v1/tokens', { label: nasty.script, role: 'player' }]
  ]) {
    const answer = await roost.api(method, path, body)
    assert.ok(answer.status < 300, `${path}: ${JSON.stringify(answer.body)}`)
  }
  const answer = await fetch(roost.url)
  assert.match(answer.headers.get('content-security-policy'), /default-src 'self'.*object-src 'none'/)
  assert.doesNotMatch(answer.headers.get('content-security-policy'), /unsafe/)

  const { page, roster, console } = await openServer(t, roost, { viewport: phone })
  const harmless = async where => {
    await shot(page, `nasty-${where}`)
    assert.equal(await page.locator('img, script:not([src]), iframe').count(), 0, where)
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0, where)
    assert.deepEqual(page.faults, [], where)
  }
  await console.locator('.console').getByText(nasty.markup).first().waitFor()
  await roster.getByText(nasty.markup).waitFor()
  await page.locator('.entry').filter({ hasText: `sent demo the line “${said}”` }).waitFor()
  await harmless('server')
  await page.goto(`${roost.url}/#/`)
  await page.locator('.entry').filter({ hasText: 'posts to chat' }).filter({ hasText: nasty.markup }).waitFor()
  await harmless('servers')
  await page.goto(`${roost.url}/#/people`)
  await page.getByRole('button', { name: `Revoke ${nasty.script}` }).click()
  await page.getByRole('dialog').getByText(nasty.script).waitFor()
  await harmless('people')
  await page.keyboard.press('Escape')
  await page.goto(`${roost.url}/#/new`)
  await page.locator('.choice', { hasText: nasty.markup }).click()
  await page.getByLabel(nasty.script).waitFor()
  assert.equal(await page.getByLabel(nasty.script).inputValue(), nasty.script)
  await harmless('form')
  await page.getByLabel('Name').fill('made')
  await page.getByLabel('Mode').selectOption(nasty.markup)
  await page.getByRole('button', { name: 'Make the server' }).click()
  await page.getByRole('heading', { level: 1, name: 'made' }).waitFor()
  await page.getByText('Change its settings').click()
  await page.locator('.template-form').waitFor()
  await harmless('made')
})

test('of a server that fails again and again the last word stands, and no other', async t => {
  const roost = await startDemo(t)
  const broken = practice('broken', await freePort(), { hosts: ['broken.test'], boot: '0s', options: ['--fail-boot'] })
  assert.equal((await roost.api('PUT', '/v1/servers/broken', broken)).status, 201)
  const page = await openPage(t, browser, roost, { viewport: phone })
  await signIn(page, roost)
  await page.getByRole('button', { name: 'Wake broken' }).click()
  const words = page.locator('.toast', { hasText: 'broken' })
  await words.filter({ hasText: 'failed while' }).waitFor()
  await page.getByRole('button', { name: 'Wake again: broken' }).waitFor()
  assert.equal(await words.count(), 1)
  assert.match(await words.innerText(), /[^.]\.\s*$/, 'it ends once')
  assert.deepEqual(page.faults, [])
})
