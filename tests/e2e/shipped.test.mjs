// SPDX-License-Identifier: Apache-2.0
// What can be had of those who give games away, and what is said when it cannot: every edition of
// Minecraft Java by the documents of its makers (makers.mjs), the licence, Java's version, and the
// User-Agent that PaperMC wants. A life with each template is in shipped-life.test.mjs.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { startRoost, freePort } from './harness.mjs'
import { jars, javaOf, makers } from './makers.mjs'

async function declare (roost, name, variables) {
  const directory = join(roost.directory, name)
  const { status, body } = await roost.api('PUT', `/v1/servers/${name}`, { name, template: 'minecraft-java', variables: { port: await freePort(), ...variables }, local: { directory } })
  assert.ok(status < 300, JSON.stringify(body))
  return directory
}

async function start (t, java, config = {}) {
  const directory = javaOf(t, java)
  const roost = await startRoost({ outbound: { mirrors: await makers(t) }, ...config }, { environment: { PATH: `${directory}:${process.env.PATH}` } })
  t.after(() => roost.stop())
  return roost
}

test('minecraft-java: every edition is found, checked, started and stopped', async t => {
  const roost = await start(t, '25.0.1', { push: { subject: 'mailto:games@example.org' } })
  for (const edition of ['vanilla', 'paper', 'fabric']) {
    const directory = await declare(roost, edition, { edition, eula: true, host: `${edition}.example.org` })
    const { code, stderr } = await roost.cli(['wake', edition, '--wait'])
    assert.equal(code, 0, stderr)
    assert.equal(readFileSync(join(directory, 'server.jar'), 'utf8'), jars[edition])
    assert.equal((await roost.cli(['sleep', edition, '--wait'])).code, 0)
  }
  // A version by its name is looked up as the latest is.
  const directory = await declare(roost, 'named', { edition: 'paper', version: '26.2', eula: true, host: 'named.example.org' })
  const { code, stderr } = await roost.cli(['install', 'named'])
  assert.equal(code, 0, stderr)
  assert.equal(readFileSync(join(directory, 'server.jar'), 'utf8'), jars.paper)
})

test('minecraft-java: the licence is asked for, and Java that is too old is told with what to do', async t => {
  const roost = await start(t, '17.0.9')
  const refused = await roost.api('PUT', '/v1/servers/a', { name: 'a', template: 'minecraft-java', variables: {} })
  assert.equal(refused.status, 422)
  assert.match(JSON.stringify(refused.body), /eula|licence/)
  await declare(roost, 'b', { eula: true })
  const { code, stderr } = await roost.cli(['install', 'b'])
  assert.equal(code, 1)
  assert.match(stderr, /version 17, and at least 25 is needed.*openjdk-25-jre-headless/)
})

test('minecraft-java: what is not to be had is told with what to do', async t => {
  const roost = await start(t, '25.0.1') // names nobody whom PaperMC could write to
  await declare(roost, 'old', { eula: true, version: '1.99' })
  const old = await roost.cli(['install', 'old'])
  assert.match(old.stderr, /Look the version up at Mojang.*Is it one of Minecraft's versions/)
  await declare(roost, 'paper', { eula: true, edition: 'paper', host: 'paper.example.org' })
  const paper = await roost.cli(['install', 'paper'])
  assert.equal(paper.code, 1)
  assert.match(paper.stderr, /Ask PaperMC.*403/)
  assert.match(paper.stderr, /push\.subject/)
})
