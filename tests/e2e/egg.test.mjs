// SPDX-License-Identifier: Apache-2.0
// `roost template import`: an egg in, a template out, and on standard error what was left out.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { test } from 'node:test'

import { root, roostPath } from './harness.mjs'

const egg = name => join(root, 'tests/fuzz/corpus/egg', name)

test('an egg of each kind becomes a template, and what does not go is said', t => {
  for (const version of ['version_1', 'version_2', 'version_3']) {
    const { status, stdout, stderr } = spawnSync(roostPath, ['template', 'import', egg(version)], { encoding: 'utf8' })
    assert.equal(status, 0, stderr)
    const template = JSON.parse(stdout)
    assert.ok(template.server.local.command.length > 1)
    assert.match(stderr, /^- .*left out|^- .*taken/m)
    assert.doesNotMatch(stderr, /To be mended/)
  }
})

test('a template is written into a new file only', t => {
  const directory = mkdtempSync(join(tmpdir(), 'roost-egg-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const output = join(directory, 'game.yaml')
  execFileSync(roostPath, ['template', 'import', egg('version_3'), '-o', output], { stdio: 'pipe' })
  assert.equal(JSON.parse(readFileSync(output, 'utf8')).template, 'builder')
  const again = spawnSync(roostPath, ['template', 'import', egg('version_3'), '-o', output], { encoding: 'utf8' })
  assert.equal(again.status, 1)
  assert.match(again.stderr, /is there already/)
  const other = spawnSync(roostPath, ['template', 'import', join(root, 'package.json')], { encoding: 'utf8' })
  assert.equal(other.status, 1)
})
