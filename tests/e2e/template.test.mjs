// SPDX-License-Identifier: Apache-2.0
// Templates outside: the command line, the API, the page's form, and the game that comes of it.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

import { freePort, roostPath, startRoost, until } from './harness.mjs'

const shots = process.env.ROOST_SHOTS	// a directory: pictures of the form are put there
let browser

before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run']
  })
})
after(() => browser?.close())

/** A game of ours as a template, as a person would write it. */
const blocks = ({ port, motd = 'A server', version = 1 }) => `
template: blocks
title: Blocks
description: |
  A world of blocks for friends.
  It comes with nothing but itself.
version: ${version}
variables:
  - name: motd
    title: What the list says
    default: ${motd}
    between: [1, 40]
  - name: players
    title: Most players
    type: number
    default: 20
    between: [1, 100]
  - name: mode
    title: Mode
    help: How hard it is
    type: choice
    choices: [peaceful, easy, hard]
    default: easy
  - name: memory
    title: Memory
    type: size
    default: 1GiB
    between: [512MiB, 8GiB]
  - name: port
    title: The game's port
    type: port
    default: ${port}
  - name: password
    title: Console password
    type: secret
  - name: eula
    title: The licence
    type: boolean
server:
  game: minecraft-java
  address: "127.0.0.1:\${port}"
  max_players: "\${players}"
  motd: "\${motd}"
  local:
    command: [${roostPath}, practice, --listen, "127.0.0.1:\${port}", --boot, 100ms]
    directory: "worlds/\${name}"
  stop: {console: stop, within: 10s}
  policy: {idle_after: 0}
files:
  - path: server.properties
    format: properties
    set: {motd: "\${motd}", max-players: "\${players}", rcon.password: "\${password}"}
  - path: config/paper.yml
    format: yaml
    set: {world: {difficulty: "\${mode}"}}
  - path: notes.txt
    format: text
    only_new: true
    text: "Made for \${name}\\n"
install:
  - do: accept
    variable: eula
    title: The licence of Blocks
    url: https://example.org/licence
`

function runner (roost) {
  return async (...args) => {
    const result = await roost.cli(args)
    assert.equal(result.code, 0, `${args.join(' ')}: ${result.stderr}`)
    return result.stdout
  }
}

async function start (t) {
  const roost = await startRoost({})
  t.after(() => roost.stop())
  const port = await freePort()
  const file = join(roost.directory, 'blocks.yaml')
  writeFileSync(file, blocks({ port }))
  writeFileSync(join(roost.directory, 'secret.txt'), 'swordfish\n', { mode: 0o600 })
  return { roost, port, file, run: runner(roost) }
}

test('a template by the command line: checked, applied, used, changed, removed', async t => {
  const { roost, port, file, run } = await start(t)
  assert.match(await run('template', 'check', file), /template blocks: right/)
  assert.match(await run('template', 'apply', file), /template blocks: declared/)
  assert.match(await run('template', 'apply', file), /template blocks: unchanged/)
  assert.match(await run('template', 'ls'), /blocks\s+Blocks\s+1\s+you\s+0/)
  assert.match(await run('template', 'ls'), /tcp .*roost/)
  assert.match(await run('template', 'show', 'blocks'), /memory: a size .*512MiB to 8GiB; default: 1GiB/)

  // What is wrong is told with its line, and nothing is declared by half.
  const servers = join(roost.directory, 'servers.yaml')
  writeFileSync(servers, `servers:
  - name: one
    template: blocks
    variables: {eula: true, password: secret.txt}
  - name: two
    template: blocks
    variables:
      eula: true
      password: secret.txt
      players: 1000
`)
  const refused = await roost.cli(['apply', '-f', servers])
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /servers\.yaml:10:7: \/servers\/1\/variables\/players: .*1 to 100/)
  assert.doesNotMatch(await run('ls'), /^one/m)

  writeFileSync(servers, readFileSync(servers, 'utf8').replace('1000', '10'))
  assert.match(await run('apply', '-f', servers), /one: declared\ntwo: declared/)
  assert.match(await run('apply', '-f', servers), /one: unchanged\ntwo: unchanged/)
  const [one, two] = [await roost.server('one'), await roost.server('two')]
  assert.equal(one.source.variables.port, port)
  assert.equal(two.source.variables.port, port + 1, 'the next that is free')
  assert.equal(two.declaration.max_players, 10)

  // A new version changes them both, and says so before and after.
  writeFileSync(file, blocks({ port, motd: 'Other words', version: 2 }))
  assert.match(await run('apply', '-f', file, '--dry-run'), /template blocks: would be changed: .*\n {2}one: would be changed: motd\n/)
  assert.equal((await roost.server('one')).declaration.motd, 'A server')
  assert.match(await run('apply', '-f', file), / {2}two: changed: motd/)
  assert.equal((await roost.server('two')).declaration.motd, 'Other words')

  const used = await roost.cli(['template', 'rm', 'blocks'])
  assert.equal(used.code, 1)
  assert.match(used.stderr, /one is made from it/)
  await run('rm', 'one')
  await run('rm', 'two')
  await run('template', 'rm', 'blocks')
  assert.doesNotMatch(await run('template', 'ls'), /blocks/)

  // Templates and servers in one document, tried by themselves before anybody is asked.
  const both = join(roost.directory, 'both.json')
  writeFileSync(both, JSON.stringify({
    templates: [{ template: 'own', title: 'Own', variables: [{ name: 'word', required: true }], server: { game: 'minecraft-java', address: '127.0.0.1:1', local: { command: ['${word}'] } } }],
    servers: [{ name: 'three', template: 'own' }]
  }))
  const missing = await roost.cli(['apply', '-f', both])
  assert.equal(missing.code, 1)
  assert.match(missing.stderr, /\/servers\/0\/variables\/word: word is missing/)
  assert.doesNotMatch(await run('template', 'ls'), /Own/)
})

async function openPage (t, roost, { viewport = { width: 1280, height: 800 }, colorScheme = 'light' } = {}) {
  const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' })
  t.after(() => context.close())
  const page = await context.newPage()
  page.faults = []
  page.on('pageerror', error => page.faults.push(`threw: ${error.stack}`))
  page.on('console', message => {
    if (/Content Security Policy|Refused to/.test(message.text())) page.faults.push(message.text())
  })
  await page.goto(roost.url)
  await page.getByLabel('Name').fill('admin')
  await page.getByLabel('Password').fill(roost.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Servers', exact: true }).waitFor()
  return page
}

async function shot (page, name) {
  if (!shots) return
  mkdirSync(shots, { recursive: true })
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true })
}

test('a server is made and changed on the page, by the form that the template makes', async t => {
  const { roost, port, file, run } = await start(t)
  await run('template', 'apply', file)
  const page = await openPage(t, roost)
  await page.getByRole('link', { name: 'New server' }).click()
  await page.getByRole('heading', { name: 'A new server' }).waitFor()
  await page.getByRole('button', { name: /^Blocks/ }).click()
  const form = page.locator('.template-form')
  await form.waitFor()
  await shot(page, 'template-form')

  // Every mistake is told at its field.
  const make = page.getByRole('button', { name: 'Make the server' })
  await make.click()
  await form.getByText('Give it a name').waitFor()
  await form.getByLabel('Name', { exact: true }).fill('meadow')
  await form.getByLabel('Most players').fill('1000')
  await form.getByLabel('Memory').fill('much')
  await make.click()
  await form.locator('#error-players').getByText('1 to 100').waitFor()
  await form.locator('#error-memory').getByText('512MiB to 8GiB').waitFor()
  await form.locator('#error-password').getByText('missing').waitFor()
  assert.equal(await form.getByLabel('Most players').getAttribute('aria-invalid'), 'true')
  await shot(page, 'template-errors')
  await form.getByLabel('Most players').fill('8')
  await form.getByLabel('Memory').fill('2GiB')
  await form.getByLabel('Mode').selectOption('hard')
  await form.getByLabel('Console password').fill(join(roost.directory, 'secret.txt'))
  await make.click()
  await form.locator('#error-eula').getByText('must be accepted').waitFor()
  await form.getByLabel(/I accept/).check()
  await make.click()
  await page.locator('[data-name=meadow]').waitFor()
  const made = await roost.server('meadow')
  assert.deepEqual([made.declaration.max_players, made.source.variables.mode, made.source.variables.port], [8, 'hard', port])

  // And changed there.
  await page.getByText('Change its settings').click()
  const settings = page.locator('.template-form')
  assert.equal(await settings.getByLabel('Memory').inputValue(), '2GiB')
  await settings.getByLabel('What the list says').fill('')
  await settings.getByLabel('Most players').fill('12')
  await shot(page, 'template-settings')
  await settings.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved. It counts from the next start').waitFor()
  assert.equal((await roost.server('meadow')).declaration.max_players, 12)
  assert.deepEqual(page.faults, [])
})

test('the form on a phone, in the dark', async t => {
  const { roost, file, run } = await start(t)
  await run('template', 'apply', file)
  const page = await openPage(t, roost, { viewport: { width: 360, height: 740 }, colorScheme: 'dark' })
  await page.goto(`${roost.url}/#/new`)
  await page.getByRole('button', { name: /^Blocks/ }).click()
  await page.locator('.template-form').waitFor()
  await shot(page, 'template-phone')
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  assert.ok(overflow <= 0, `${overflow} pixels too wide`)
  assert.deepEqual(page.faults, [])
})

test('files are rendered before each start, and a start that cannot be prepared fails with why', async t => {
  const { roost, file, run } = await start(t)
  await run('template', 'apply', file)
  const variables = { eula: true, password: join(roost.directory, 'secret.txt'), motd: 'Hi = there', mode: 'hard' }
  const declare = async more => {
    const answer = await roost.api('PUT', '/v1/servers/meadow', { template: 'blocks', variables: { ...variables, ...more } })
    assert.ok(answer.status < 300, JSON.stringify(answer.body))
  }
  const world = join(roost.directory, 'worlds', 'meadow')
  const read = path => readFileSync(join(world, path), 'utf8')
  await declare()
  await run('wake', 'meadow', '--wait')
  assert.match(read('server.properties'), /^motd=Hi = there$/m)
  assert.match(read('server.properties'), /^rcon\.password=swordfish$/m)
  assert.equal(statSync(join(world, 'server.properties')).mode & 0o077, 0)
  assert.match(read('config/paper.yml'), /"difficulty": "hard"/)
  assert.equal(read('notes.txt'), 'Made for meadow\n')

  // The secret is in that file and nowhere that somebody looks.
  for (const seen of [await roost.server('meadow'), await roost.events(), (await roost.api('GET', '/v1/templates/blocks')).body]) {
    assert.doesNotMatch(JSON.stringify(seen), /swordfish/)
  }

  // What is changed while it runs is for its next start; what others wrote stays.
  await declare({ motd: 'New words' })
  assert.match(read('server.properties'), /^motd=Hi = there$/m)
  await run('sleep', 'meadow', '--wait')
  writeFileSync(join(world, 'server.properties'), '# mine\nview-distance=7\n' + read('server.properties'))
  writeFileSync(join(world, 'notes.txt'), 'mine')
  await run('wake', 'meadow', '--wait')
  assert.match(read('server.properties'), /^# mine\nview-distance=7\nmotd=New words$/m)
  assert.equal(read('notes.txt'), 'mine')
  await run('sleep', 'meadow', '--wait')

  // Nothing outside is written through a link, and the reason is told.
  const outside = join(roost.directory, 'outside.txt')
  writeFileSync(outside, 'a=1\n')
  rmSync(join(world, 'server.properties'))
  symlinkSync(outside, join(world, 'server.properties'))
  const refused = await roost.cli(['wake', 'meadow', '--wait'])
  assert.notEqual(refused.code, 0)
  assert.match((await roost.server('meadow')).reason, /server\.properties.*link/)
  assert.equal(readFileSync(outside, 'utf8'), 'a=1\n')
  rmSync(join(world, 'server.properties'))

  // A secret that others may read is none.
  chmodSync(join(roost.directory, 'secret.txt'), 0o644)
  await roost.cli(['wake', 'meadow', '--wait'])
  assert.match((await roost.server('meadow')).reason, /chmod 600/)
  chmodSync(join(roost.directory, 'secret.txt'), 0o600)
  await run('wake', 'meadow', '--wait')
  assert.ok(existsSync(join(world, 'server.properties')))
  await until('it to be ready', async () => (await roost.server('meadow')).state === 'ready')
})
