// SPDX-License-Identifier: Apache-2.0
// Schedules on a real daemon: by the second, so that they come while we look.

import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { startRoost, practice, freePort, until } from './harness.mjs'

/** Six fields of cron for `seconds` from now, in UTC: once a day. */
function inSeconds (seconds) {
  const at = new Date(Math.ceil(Date.now() / 1000) * 1000 + seconds * 1000)
  return { cron: `${at.getUTCSeconds()} ${at.getUTCMinutes()} ${at.getUTCHours()} * * *`, at: at.toISOString() }
}

async function requested (roost, type) {
  return (await roost.events('&server=demo')).filter(event => event.type === type)
}

test('a server is woken, sent a line and sent to sleep on schedule', async t => {
  const port = await freePort()
  const [wake, command, sleep] = [inSeconds(5), inSeconds(9), inSeconds(13)]
  const roost = await startRoost({ servers: [practice('demo', port, {
    boot: '0s',
    schedules: [
      { cron: wake.cron, do: 'wake' },
      { cron: command.cron, zone: 'Etc/UTC', do: 'command', line: 'list' },
      { cron: sleep.cron, do: 'sleep' }
    ]
  })] })
  t.after(() => roost.stop())
  const { next } = await roost.server('demo')
  assert.equal(next.do, 'wake')
  assert.equal(Date.parse(next.at), Date.parse(wake.at))
  await roost.untilState('demo', 'ready')
  await until('the line', async () => (await requested(roost, 'server.command_sent')).length === 1)
  await roost.untilState('demo', 'asleep')
  const [woken] = await requested(roost, 'server.wake_requested')
  assert.equal(woken.data.by, 'schedule')
  assert.equal(woken.data.cause, 'schedule')
  assert.ok(Date.parse(woken.time) >= Date.parse(wake.at))
  const [said] = await requested(roost, 'server.command_sent')
  assert.deepEqual([said.data.by, said.data.line], ['schedule', 'list'])
  const [slept] = await requested(roost, 'server.sleep_requested')
  assert.equal(slept.data.cause, 'schedule')
  const status = await roost.cli(['status', 'demo'])
  assert.match(status.stdout, /next +wakes on \d{4}-\d\d-\d\d/)
})

test('kill -9 neither repeats a time nor forgets one', async t => {
  const port = await freePort()
  const [wake, sleep] = [inSeconds(4), inSeconds(11)]
  const roost = await startRoost({ servers: [practice('demo', port, {
    boot: '0s',
    schedules: [{ cron: wake.cron, do: 'wake' }, { cron: sleep.cron, do: 'sleep' }]
  })] })
  t.after(() => roost.stop())
  await roost.token()
  await roost.untilState('demo', 'ready')
  await roost.kill9()
  // Down over the second time.
  await new Promise(resolve => setTimeout(resolve, Date.parse(sleep.at) + 1000 - Date.now()))
  await roost.start()
  await roost.untilState('demo', 'asleep')
  assert.equal((await requested(roost, 'server.sleep_requested'))[0].data.cause, 'schedule')
  await roost.kill9()
  await roost.start()
  await new Promise(resolve => setTimeout(resolve, 1500))
  assert.equal((await requested(roost, 'server.wake_requested')).length, 1)
  assert.equal((await requested(roost, 'server.sleep_requested')).length, 1)
  assert.equal((await roost.server('demo')).state, 'asleep')
})

test('a zone that the machine does not know is refused with its place', async t => {
  const port = await freePort()
  const roost = await startRoost({ servers: [practice('demo', port)] })
  t.after(() => roost.stop())
  const { declaration } = await roost.server('demo')
  declaration.schedules = [{ cron: '@daily', do: 'wake' }, { cron: '@daily', zone: 'Europe/Pariss', do: 'sleep' }]
  const answer = await roost.api('PUT', '/v1/servers/demo', declaration)
  assert.equal(answer.status, 422)
  assert.equal(answer.body.errors[0].pointer, '/schedules/1/zone')
  declaration.schedules[1].zone = 'Europe/Paris'
  assert.equal((await roost.api('PUT', '/v1/servers/demo', declaration)).status, 200)
  const again = await roost.api('PUT', '/v1/servers/demo', declaration)
  assert.equal(again.body.changed, false)
})

test('a zone that the machine has no more is told by status and doctor, with what to do', async t => {
  const zones = mkdtempSync(join(tmpdir(), 'roost-zones-'))
  t.after(() => rmSync(zones, { recursive: true, force: true }))
  mkdirSync(join(zones, 'Europe'))
  copyFileSync('/usr/share/zoneinfo/Europe/Paris', join(zones, 'Europe/Paris'))
  const environment = { TZDIR: zones }
  const roost = await startRoost({ servers: [] }, { environment })
  t.after(() => roost.stop())
  const demo = practice('demo', await freePort(), { schedules: [{ cron: '@daily', zone: 'Europe/Paris', do: 'wake' }] })
  demo.local.directory = roost.directory
  assert.equal((await roost.api('PUT', '/v1/servers/demo', demo)).status, 201)
  const doctor = async () => JSON.parse((await roost.cli(['doctor', '--json', '--config', roost.file], { environment })).stdout)
  assert.match((await doctor()).find(({ check }) => check === 'time zones').detail, /those of 1 schedule are known/)

  rmSync(join(zones, 'Europe/Paris'))
  await roost.kill9()
  await roost.start()
  const { schedules: [schedule] } = await roost.server('demo')
  assert.deepEqual([schedule.zone_known, schedule.next], [false, null])
  assert.match((await roost.cli(['status', 'demo'])).stdout, /@daily, Europe\/Paris: never, as roost's machine does not know/)
  const [one] = (await doctor()).filter(({ found, detail }) => found === 'wrong' && /Europe\/Paris/.test(detail))
  assert.match(one.mend, /apt install tzdata/)
  rmSync(zones, { recursive: true })
  const [other] = (await doctor()).filter(({ found, detail }) => found === 'wrong' && /has no time zones/.test(detail))
  assert.match(other.mend, /apt install tzdata/)

  // It is there again: no restart is needed.
  mkdirSync(join(zones, 'Europe'), { recursive: true })
  copyFileSync('/usr/share/zoneinfo/Europe/Paris', join(zones, 'Europe/Paris'))
  await until('it is known', async () => (await roost.server('demo')).schedules[0].next !== null, 45000)
})
