// SPDX-License-Identifier: Apache-2.0
// Whoever woke a server operates its game until it sleeps: by the page, by the command line, and by
// a line in the game's chat, each seen on the page.

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { launch, openPage, shot, signIn } from './browser.mjs'
import { Roost, freePort, practice, until } from './harness.mjs'
import { join as joinGame } from './minecraft.mjs'

let browser

before(async () => { browser = await launch() })
after(() => browser?.close())

async function startDemo (t) {
  const server = practice('demo', await freePort(), { boot: '0s', policy: { op_tokens: 'owner' }, roster: { uuids: 'offline' } })
  server.local.directory = 'game'
  const roost = new Roost({ servers: [server] })
  mkdirSync(join(roost.directory, 'game'))
  writeFileSync(join(roost.directory, 'game/server.properties'), 'online-mode=false\n')
  t.after(() => roost.stop())
  await roost.start()
  await roost.api('PUT', '/v1/users/pia', { role: 'player', password: 'a long password' })
  return roost
}

async function openServer (t, roost, name, password) {
  const page = await openPage(t, browser, roost)
  await signIn(page, roost, name, password)
  await page.goto(`${roost.url}/#/servers/demo`)
  await page.getByRole('heading', { level: 1, name: 'demo' }).waitFor()
  return { page, panel: page.getByRole('region', { name: 'Who may play' }) }
}

const operators = roost => JSON.parse(readFileSync(join(roost.directory, 'game/ops.json'), 'utf8')).map(({ name }) => name)

async function sleepAgain (roost, panel) {
  assert.equal((await roost.api('POST', '/v1/servers/demo/sleep', { now: true })).status, 202)
  await roost.untilState('demo', 'asleep')
  await panel.locator('tr', { hasText: 'Pia' }).waitFor({ state: 'detached' })
  await until('the game to be told', () => operators(roost).length === 0)
}

test('who woke it becomes its operator on the page, by the command line and in the game’s chat, until it sleeps', async t => {
  const roost = await startDemo(t)
  const { page, panel } = await openServer(t, roost, 'pia', 'a long password')
  const wake = page.getByRole('button', { name: 'Wake demo' })
  const row = panel.locator('tr', { hasText: 'Pia' })
  const isOperator = () => panel.getByText('You operate the game as Pia until it sleeps.').waitFor()

  // On the page, once her name in the game is known.
  await wake.click()
  await panel.getByRole('button', { name: 'Become its operator now' }).click()
  await panel.getByRole('alert').filter({ hasText: 'your name in the game' }).waitFor()
  await panel.getByRole('link', { name: 'First tell your name in the game' }).click()
  await page.getByLabel('Your name in the game').fill('Pia')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.locator('.toast', { hasText: 'Saved' }).waitFor()
  await page.goBack()
  await panel.getByRole('button', { name: 'Become its operator now' }).click()
  await isOperator()
  await row.getByText('until it sleeps').waitFor()
  await until('the game to be told', async () => (await roost.api('GET', '/v1/servers/demo/roster')).body.players.some(({ op, waiting }) => op && !waiting))
  await shot(page, 'operator')
  await sleepAgain(roost, panel)

  // By the command line.
  const { token } = JSON.parse((await roost.cli(['token', 'create', 'x', '--user', 'pia', '--json'])).stdout)
  await wake.click()
  await panel.getByRole('button', { name: 'Become its operator now' }).waitFor()
  const said = await roost.cli(['op', 'demo'], { environment: { ROOST_URL: roost.url, ROOST_TOKEN: token } })
  assert.match(said.stdout, /Pia is an operator of demo until it sleeps/)
  await isOperator()
  await sleepAgain(roost, panel)

  // In the game's chat: once, from her own name, and nobody else's.
  await wake.click()
  await panel.getByRole('button', { name: 'Do it in the game’s chat' }).click()
  const line = await panel.locator('code').innerText()
  assert.match(line, /^!op [0-9a-z]{12}$/)
  await roost.untilState('demo', 'ready')
  const eve = await joinGame({ port: roost.gatePort, username: 'Eve', version: '1.16.5' })
  const pia = await joinGame({ port: roost.gatePort, username: 'Pia', version: '1.16.5' })
  t.after(() => { eve.end(); pia.end() })
  eve.write('chat', { message: line })
  await until('what Eve said', async () => (await roost.api('GET', '/v1/servers/demo/console')).body.lines.some(each => each.includes(`<Eve> ${line}`)))
  assert.equal((await roost.api('GET', '/v1/servers/demo/roster')).body.players.length, 0)
  pia.write('chat', { message: line })
  await isOperator()
  assert.equal(await panel.locator('tr', { hasText: 'Eve' }).count(), 0)
  assert.deepEqual(page.faults, [])

  // Somebody else is offered nothing.
  const other = await openServer(t, roost, 'admin', roost.password)
  await other.panel.locator('tr', { hasText: 'Pia' }).waitFor()
  assert.equal(await other.panel.getByRole('button', { name: /operator now|game’s chat/ }).count(), 0)
})
