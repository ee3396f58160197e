// SPDX-License-Identifier: Apache-2.0
// A server's console: by `roost console` at a terminal and in a script, over the socket and over
// the network, across a kill -9 of roost, and with a game that means harm.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { chromium } from 'playwright-core'
import { freePort, here, roostPath, sleep, startRoost, until } from './harness.mjs'

async function startSpeaker (t, more = {}) {
  const port = await freePort()
  const roost = await startRoost({
    ...more,
    servers: [{
      name: 'demo',
      game: 'tcp',
      provider: 'local',
      local: { command: [process.execPath, join(here, 'games/speaker.mjs'), String(port)], directory: '.' },
      address: `127.0.0.1:${port}`,
      listen: `127.0.0.1:${await freePort()}`,
      stop: { console: 'stop', within: '10s' },
      policy: { idle_after: '0' }
    }]
  })
  t.after(() => roost.stop())
  const woken = await roost.cli(['wake', 'demo', '--wait'])
  assert.equal(woken.code, 0, woken.stderr)
  return roost
}

/** `roost console` at a terminal: what is typed and what is shown. */
function terminal (t, roost, args = [], { columns = 80, environment = {} } = {}) {
  const child = spawn('python3', [join(here, 'terminal.py'), String(columns), roostPath, 'console', 'demo', ...args], {
    cwd: roost.directory,
    env: { PATH: process.env.PATH, HOME: roost.directory, TERM: 'xterm', LANG: 'C.UTF-8', ROOST_DATA: roost.dataDir, ...environment }
  })
  const it = {
    shown: '',
    type: text => child.stdin.write(text),
    ended: new Promise(resolve => child.once('close', code => resolve(code))),
    see: text => until(`${JSON.stringify(text)} on the terminal, which shows ${JSON.stringify(it.shown.slice(-2000))}`,
      () => typeof text === 'string' ? it.shown.includes(text) : text.test(it.shown), 15000)
  }
  child.stdout.setEncoding('utf8').on('data', data => { it.shown += data })
  child.stdin.on('error', () => {})
  t.after(() => child.kill('SIGKILL'))
  return it
}

const lines = text => text.trimEnd().split('\n')
const count = (text, part) => text.split(part).length - 1

test('at a terminal: the tail, lines as they come above the one being typed, history, Ctrl-D', async t => {
  const roost = await startSpeaker(t)
  const tty = terminal(t, roost)
  await tty.see('\x1b[32mready\x1b[m to speak')
  await tty.see('demo> ')
  tty.type('say hello\r')
  await tty.see('it says: hello')

  // A line that comes while another is typed tears nothing: the prompt and what was typed are drawn again.
  tty.type('say half')
  await tty.see('say half')
  const before = tty.shown.length
  await roost.cli(['console', 'demo', '--send', 'say meanwhile'])
  await tty.see('it says: meanwhile')
  await until('the line again', () => /it says: meanwhile\r\n[^\n]*demo> [^\n]*say half/.test(tty.shown.slice(before)))
  assert.match(tty.shown.slice(before), /\r\x1b\[J/, 'erased first')
  tty.type(' done\r')
  await tty.see('it says: half done')

  // Editing: left, left, insert; then back in the history.
  tty.type('say ac\x1b[Db\r')
  await tty.see('it says: abc')
  tty.type('\x1b[A\x1b[A\r')
  await until('the line of before again', () => count(tty.shown, 'it says: half done') === 2)
  tty.type(' say secret\r')
  await tty.see('it says: secret') // a blank first: taken, and not kept
  tty.type('say caf\u00e9\r')
  await tty.see('it says: caf\u00e9')
  tty.type('\x04')
  assert.equal(await tty.ended, 0)

  const path = join(roost.directory, '.local/state/roost/console-history')
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.doesNotMatch(readFileSync(path, 'utf8'), /secret/)
  const later = terminal(t, roost, ['--tail', '0'])
  await later.see('demo> ')
  later.type('\x1b[A\r')
  await later.see('it says: caf\u00e9')
  assert.doesNotMatch(later.shown, /hello/)
  later.type('\x04')
  assert.equal(await later.ended, 0)
})

test('a typed line that has wrapped is erased whole', async t => {
  const roost = await startSpeaker(t)
  const tty = terminal(t, roost, [], { columns: 30 })
  await tty.see('demo> ')
  tty.type('say ' + 'x'.repeat(60))
  await until('all of it', () => count(tty.shown, 'x') >= 60)
  const before = tty.shown.length
  await roost.cli(['console', 'demo', '--send', 'say between'])
  await tty.see('it says: between')
  // 6 of the prompt and 64 typed are three rows of 30: the cursor goes two up.
  assert.match(tty.shown.slice(before), /\r\x1b\[2A\x1b\[J[^\x1b]*it says: between/)
  tty.type('\r')
  await tty.see('it says: ' + 'x'.repeat(20))
  tty.type('\x04')
  assert.equal(await tty.ended, 0)
})

test('a kill -9 of roost is waited out: no line is lost, none comes twice', async t => {
  const roost = await startSpeaker(t)
  const tty = terminal(t, roost)
  await tty.see('demo> ')
  tty.type('say before\r')
  await tty.see('it says: before')
  tty.type('later 1500 while roost was away\r')
  await tty.see('later 1500')
  await until('it was sent', async () => (await roost.events('&type=server.command_sent')).length === 2)
  await roost.kill9()
  await tty.see('the connection was lost; trying again')
  tty.type('say to nobody\r')
  await tty.see('the line was not sent')
  await sleep(2000)
  await roost.restart()
  await tty.see('connected again')
  await tty.see('later: while roost was away')
  tty.type('say after\r')
  await tty.see('it says: after')
  assert.equal(count(tty.shown, 'it says: before'), 1)
  assert.equal(count(tty.shown, 'later: while roost was away'), 1)
  assert.equal(count(tty.shown, '\x1b[32mready'), 1)
  assert.doesNotMatch(tty.shown, /are missing|to nobody"|says: to nobody/)
  const numbers = (await roost.api('GET', '/v1/servers/demo/console')).body.numbers
  assert.deepEqual(numbers, [...numbers].sort((a, b) => a - b))
  tty.type('\x04')
  assert.equal(await tty.ended, 0)
})

test('more than is kept came while roost was away: the gap is told', async t => {
  const roost = await startSpeaker(t)
  const tty = terminal(t, roost)
  await tty.see('demo> ')
  tty.type('say before\r')
  await tty.see('it says: before')
  await roost.cli(['console', 'demo', '--send', 'later 1000 now'])
  await roost.kill9()
  await tty.see('trying again')
  await sleep(1200)
  await roost.restart()
  await tty.see('connected again')
  await roost.kill9()
  await roost.restart()
  const before = tty.shown.length
  await until('there again', () => count(tty.shown, 'connected again') === 2)
  assert.doesNotMatch(tty.shown.slice(before), /missing/)
  // 700 lines, of which 500 are kept, all while nobody looks.
  process.kill(roost.process.pid, 'SIGSTOP')
  tty.type('\x04')
  assert.equal(await tty.ended, 0)
  process.kill(roost.process.pid, 'SIGCONT')
  const last = (await roost.api('GET', '/v1/servers/demo/console')).body.next - 1
  await roost.cli(['console', 'demo', '--send', 'spam 700'])
  await until('all of it', async () => (await roost.api('GET', '/v1/servers/demo/console?tail=1')).body.lines[0] === 'spam 700')
  const { body } = await roost.api('GET', `/v1/servers/demo/console?after=${last}`)
  assert.equal(body.gap, true)
  assert.equal(body.lines.length, 500)
  assert.equal(body.lines[0], 'spam 201')
})

test('in a script: lines are commands, one after the other, also faster than the bounds; refusals are told', async t => {
  const roost = await startSpeaker(t, { console: { commands: { per_second: 5, burst: 3 } } })
  const script = Array.from({ length: 8 }, (_, i) => `say ${i + 1}`).join('\n')
  const run = await roost.cli(['console', 'demo', '--tail', '0'], { input: script })
  assert.equal(run.code, 0, run.stderr)
  assert.deepEqual(lines(run.stdout), Array.from({ length: 8 }, (_, i) => `it says: ${i + 1}`))
  assert.equal((await roost.events('&type=server.command_sent')).length, 8)
  const tail = await roost.cli(['console', 'demo', '--tail', '2'])
  assert.equal(tail.code, 0)
  assert.deepEqual(lines(tail.stdout), ['it says: 7', 'it says: 8'])
  const bad = await roost.cli(['console', 'demo', '--tail', '0'], { input: 'say ok\nsay a\x1b[2Jb\n' })
  assert.equal(bad.code, 1)
  assert.match(bad.stdout, /it says: ok/)
  assert.match(bad.stderr, /not sent: behind its byte 5/)
  const nobody = await roost.cli(['console', 'nobody'], { input: 'x\n' })
  assert.equal(nobody.code, 1)
  assert.match(nobody.stderr, /No server is called nobody/)
  assert.equal((await roost.cli(['console', 'demo', '--tail', '501'])).code, 2)
  const token = JSON.parse((await roost.cli(['token', 'create', 'far', '--role', 'staff', '--json'])).stdout).token
  const away = await roost.cli(['console', 'demo', '--tail', '0', '--url', roost.url], { input: 'say from far\n', environment: { ROOST_TOKEN: token } })
  assert.equal(away.code, 0, away.stderr)
  assert.match(away.stdout, /it says: from far/)
  const event = (await roost.events('&type=server.command_sent')).at(-1)
  assert.deepEqual([event.data.line, event.data.via], ['say from far', 'cli'])
  const refusedToken = await roost.cli(['console', 'demo', '--url', roost.url], { environment: { ROOST_TOKEN: 'roost_no' } })
  assert.equal(refusedToken.code, 1)
  assert.match(refusedToken.stderr, /401|token/)
})

test('too many lines at once are refused, by user and server, and told when to come again', async t => {
  const roost = await startSpeaker(t, { console: { commands: { per_second: 0.1, burst: 2 } } })
  const say = () => fetch(`${roost.url}/v1/servers/demo/command`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify({ line: 'say x' })
  })
  const bearer = await roost.token()
  assert.deepEqual([(await say()).status, (await say()).status], [202, 202])
  const third = await say()
  assert.equal(third.status, 429)
  assert.ok(Number(third.headers.get('retry-after')) >= 1)
  const tty = terminal(t, roost, ['--tail', '0'])
  await tty.see('demo> ')
  tty.type('say 1\rsay 2\rsay 3\r') // the same person comes as another user: the owner at the socket
  await tty.see('too many lines at once')
  tty.type('\x04')
  assert.equal(await tty.ended, 0)
})

test('search, colours and what a game must not do to a terminal', async t => {
  const roost = await startSpeaker(t)
  const hostile = '\x1b]52;c;ZXZpbA==\x07\x1b]0;owned\x07\x1b[2J\x1b[10;10H\x1b[6n\x1b[8m\x1bP+q\x1b\\\x1b[31mred\x1b[5m\x9b2J \x1b[?1049hend\r\n'
  const tty = terminal(t, roost)
  await tty.see('demo> ')
  const before = tty.shown.length
  await roost.cli(['console', 'demo', '--send', `raw ${Buffer.from(hostile, 'latin1').toString('hex')}`])
  await tty.see('\x1b[31mred?2J end\x1b[m')
  const shown = tty.shown.slice(before)
  for (const bad of ['\x1b]', '\x1b[2J', '\x1b[10;10H', '\x1b[6n', '\x1b[8m', '\x1b[5m', '\x1bP', '\x1b[?1049h', '\x9b', 'owned']) {
    assert.ok(!shown.includes(bad), `${JSON.stringify(bad)} in ${JSON.stringify(shown)}`)
  }
  tty.type('\x04')
  await tty.ended
  const plain = terminal(t, roost, ['--no-color'])
  await plain.see('red?2J end\r\n')
  assert.ok(!plain.shown.includes('\x1b[31m'))
  plain.type('\x04')
  await plain.ended
  await roost.cli(['console', 'demo'], { input: 'say The Needle\nsay hay\n' })
  const found = await roost.cli(['console', 'demo', '--search', 'needle'])
  assert.deepEqual(lines(found.stdout), ['it says: The Needle'])
  const none = await roost.cli(['console', 'demo', '--search', 'nothing like it'])
  assert.equal(none.code, 0)
  assert.match(none.stderr, /none of the last/)
  const json = JSON.parse((await roost.cli(['console', 'demo', '--search', 'hay', '--json'])).stdout)
  assert.equal(json.lines.length, json.numbers.length)
})

test('only to follow: nothing is read, and it ends when it is interrupted', async t => {
  const roost = await startSpeaker(t)
  const child = spawn(roostPath, ['console', 'demo', '--follow'], { env: { PATH: process.env.PATH, ROOST_DATA: roost.dataDir }, stdio: ['pipe', 'pipe', 'pipe'] })
  let out = ''
  child.stdout.on('data', data => { out += data })
  t.after(() => child.kill('SIGKILL'))
  await until('the tail', () => out.includes('ready to speak'))
  child.stdin.end('say from the input\n')
  await roost.cli(['console', 'demo', '--send', 'say live'])
  await until('a line', () => out.includes('it says: live'))
  assert.doesNotMatch(out, /from the input|\x1b/)
  child.kill('SIGTERM')
})

test('the page: colours, search, pause, what was typed before, and nothing that a game prints is more than text', async t => {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
  t.after(() => browser.close())
  const roost = await startSpeaker(t)
  for (const [name, viewport, colorScheme] of [['desktop-light', { width: 1280, height: 900 }, 'light'], ['phone-dark', { width: 360, height: 740 }, 'dark']]) {
    const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' })
    const page = await context.newPage()
    const faults = []
    page.on('pageerror', error => faults.push(error.stack))
    page.on('dialog', dialog => { faults.push(`a dialog: ${dialog.message()}`); dialog.dismiss() })
    await page.goto(roost.url)
    await page.getByLabel('Name').fill('admin')
    await page.getByLabel('Password').fill(roost.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.locator('.link[data-link=live]').waitFor()
    await page.goto(`${roost.url}/#/servers/demo`)
    const pre = page.locator('pre.console')
    await pre.getByText('ready').first().waitFor()
    assert.equal(await pre.locator('.ansi-2').first().innerText(), 'ready')

    const send = async line => {
      await page.getByLabel('Send a line').fill(line)
      await page.getByRole('button', { name: 'Send', exact: true }).click()
      await until('it was sent', async () => await page.getByLabel('Send a line').inputValue() === '')
    }
    const raw = text => send(`raw ${Buffer.from(text).toString('hex')}`)
    await raw('\x1b[1;31mERROR\x1b[0m <img src=x onerror=alert(1)> \x1b[38;5;208mwide\x1b[m \x1b[33mwarn\x1b[34m blue \x1b[36mcyan\x1b[35m magenta\n')
    await pre.locator('.ansi-1.ansi-bold').filter({ hasText: 'ERROR' }).first().waitFor()
    assert.match(await pre.innerText(), /<img src=x onerror=alert\(1\)> wide/)
    assert.equal(await pre.locator('img').count(), 0)
    await page.evaluate(() => scrollTo(0, document.querySelector('pre.console').getBoundingClientRect().top - 200))
    if (process.env.ROOST_SHOTS) {
      mkdirSync(process.env.ROOST_SHOTS, { recursive: true })
      await page.screenshot({ path: join(process.env.ROOST_SHOTS, `console-${name}.png`), fullPage: true })
    }

    await send('say needle in hay')
    await pre.getByText('it says: needle').first().waitFor()
    await page.getByLabel('Search these lines').fill('NEEDLE')
    await until('only those', async () => (await pre.innerText()).split('\n').every(line => /needle/.test(line)))
    await page.locator('.found').filter({ hasText: /line/ }).waitFor()
    await page.getByLabel('Search these lines').fill('')
    assert.match(await pre.innerText(), /ready to speak/)

    await page.getByRole('button', { name: 'Pause' }).click()
    await send(`say paused ${name}`)
    await page.locator('.newest').filter({ hasText: 'new line' }).waitFor()
    assert.ok(!(await pre.innerText()).includes(`says: paused ${name}`))
    await page.locator('.newest').click()
    await until('what came meanwhile', async () => (await pre.innerText()).includes(`says: paused ${name}`))
    await send('spam 100')
    await until('all of it', async () => (await pre.innerText()).trimEnd().endsWith('spam 100'))
    assert.ok(await pre.evaluate(e => e.scrollHeight - e.scrollTop - e.clientHeight < 30), 'it is at its end')
    await pre.evaluate(e => { e.scrollTop = 0 })
    await send(`say unseen ${name}`)
    await until('it has come', async () => (await pre.innerText()).includes(`says: unseen ${name}`))

    const input = page.getByLabel('Send a line')
    await input.fill('half')
    await input.press('ArrowUp')
    assert.equal(await input.inputValue(), `say unseen ${name}`)
    await input.press('ArrowUp')
    assert.equal(await input.inputValue(), 'spam 100')
    await input.press('ArrowDown')
    await input.press('ArrowDown')
    assert.equal(await input.inputValue(), 'half')

    const shown = (await pre.innerText()).split('\n').filter(line => line.trim())
    await roost.kill9()
    await page.locator('.link[data-link=reconnecting]').waitFor()
    await roost.restart()
    await page.locator('.link[data-link=live]').waitFor()
    await send(`say back again ${name}`)
    await pre.getByText(`it says: back again ${name}`).waitFor()
    const after = (await pre.innerText()).split('\n').filter(line => line.trim())
    assert.deepEqual(after.filter(line => !/back again/.test(line)).slice(-20), shown.filter(line => !/back again/.test(line)).slice(-20), 'each once')
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'nothing hangs over')
    if (process.env.ROOST_SHOTS) await page.screenshot({ path: join(process.env.ROOST_SHOTS, `console-end-${name}.png`), fullPage: true })
    assert.deepEqual(faults, [])
    await context.close()
  }
})
