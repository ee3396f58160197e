// SPDX-License-Identifier: Apache-2.0
// What a roost of many years and of unkind players answers: every state at once, long lists, and names
// that would break a careless page. Told to a tab in place of the real answers; all else is real.

const ago = seconds => new Date(Date.now() - seconds * 1000).toISOString()
const soon = seconds => ago(-seconds)

export const nasty = {
  markup: '<img src=x onerror=alert(1)>',
  script: '"><script>alert(1)</script>',
  bidi: 'Wren\u202Egnp.exe',
  wide: 'W'.repeat(40),
  arabic: 'لاعب_الخشب',
  emoji: '👩‍👩‍👧‍👦'.repeat(4),
  reason: 'He built a wall of lava around the library of those who read there every evening, was asked three times to take it away, and '
    + 'said aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.'
}

export const longName = 'the-one-with-a-name-of-forty-characters0'
const names = [nasty.markup, nasty.bidi, nasty.wide, nasty.arabic, nasty.emoji, '.Bedrock_Kid_123', '__proto__', 'constructor']

function player (index) {
  return index < names.length ? names[index] : `Player_${index}`
}

const on = count => Array.from({ length: count }, (_, index) => ({ name: player(index), since: ago(90 + index * 97) }))

function server (base, name, state, more = {}) {
  return { ...base, name, state, phase: null, wanted: state === 'asleep' ? 'down' : 'up', since: ago(4000), phase_since: ago(30),
    reason: null, tail: null, players: { online: 0, max: 20, names: [], on: [], known: true }, held: 0, sleeps_at: null,
    run: state === 'asleep' ? null : base.run, address: `${name}.play.example.org:25565`, hosts: [`${name}.play.example.org`],
    usual_ms: 42000, memory_bytes: 1.6e9, ...more }
}

/** The servers, from one that is there and ready: every state at once. */
export function servers (base) {
  const full = on(200)
  return [
    server(base, 'asleep', 'asleep', { next: { at: soon(90000), do: 'wake' } }),
    server(base, 'failed', 'failed', { failed_phase: 'starting', reason: `The game ended with status 1 while it started. ${nasty.reason}`,
      tail: Array.from({ length: 40 }, (_, line) => `[21:16:0${line % 10}] java.lang.IllegalStateException: ${nasty.markup} ${'x'.repeat(line * 9)}`).join('\n') }),
    server(base, 'installing', 'waking', { phase: 'requested', usual_ms: null, since: ago(61),
      install: { step: 2, steps: 4, title: 'Download the game', bytes: 31e6, bytes_expected: 48e6 } }),
    server(base, 'lost', 'lost', { reason: 'It has not answered since 21:16.', players: { online: 0, max: 20, names: [], on: [], known: false } }),
    server(base, 'full', 'ready', { players: { online: 200, max: 200, names: full.map(one => one.name), on: full, known: true }, held: 3,
      version: nasty.script, sleeps_at: soon(900), sleeps_why: 'idle' }),
    server(base, 'quiet', 'ready', { sleeps_at: soon(200), sleeps_why: 'idle' }),
    server(base, 'settling', 'settling', { phase: 'saving', wanted: 'down', since: ago(9) }),
    server(base, longName, 'waking', { phase: 'starting', since: ago(31), held: 2, run: { ...base.run, by: nasty.wide, cause: 'join', started_at: ago(31) } })
  ]
}

const id = index => `01M7Y${String(index).padStart(21, '0')}`

function backup (index, more = {}) {
  return { id: id(index), server: 'full', kind: ['demand', 'sleep', 'schedule', 'found'][index % 4], state: 'good', store: 'local', run: id(1), at_rest: true,
    made: ago(1e7 - index * 40000), packed_at: ago(1e7 - index * 40000), ended_at: ago(1e7 - index * 40000), files: 19873, bytes: 5.1e9, size: 2.2e9,
    sha256: 'a'.repeat(64), changed: 0, missed: 0, by: 'admin', request_id: id(2), locked: false, checking: false,
    checked_at: ago(1e5), doubtful: false, reason: null, progress: null, ...more }
}

export function backups (count = 100) {
  const many = Array.from({ length: count }, (_, index) => backup(index))
  const last = [
    { locked: true }, { changed: 3, missed: 2 }, { doubtful: true, reason: 'It could not be read back: the store ended after 1 GiB of 2.' },
    { state: 'failed', reason: `The store refused it: ${nasty.markup} ${nasty.reason}` }, { checking: true, progress: { files: 900, bytes: 2e9, expected: 5.1e9 } },
    { state: 'removing' }, { state: 'packing', progress: { files: 9000, bytes: 2.4e9, expected: 5.1e9 } }, { state: 'waiting', by: nasty.wide }
  ]
  return { policy: 'before_sleep', restore: { step: 'unpacking the archive', from: 'full', backup: id(5), made: ago(1e5), kept: 1 },
    backups: [...many, ...last.map((more, index) => backup(count + index, { made: ago(900 - index * 60), packed_at: ago(900 - index * 60), ...more }))] }
}

export function players () {
  const full = on(40)
  const seen = Array.from({ length: 200 }, (_, index) => ({ player: player(index), uuid: `${String(index).padStart(8, '0')}-0000-3000-8000-000000000000`,
    first_seen: ago(3e7), last_seen: ago(index * 5000), play_ms: index * 3.7e6, sessions: index + 1 }))
  return { online: 40, max: 200, held: 0, known: true, players: full.map(one => ({ ...one, through_gate: true })), seen }
}

export function sessions () {
  const all = ['Disconnected', 'Timed out', 'Kicked by an operator', nasty.markup, nasty.reason].map((how, index) => ({ id: id(index), player: player(0), uuid: null,
    login: ago(9e5 + index * 9e4), logout: ago(89e4 + index * 9e4), play_ms: 1e7, how }))
  return { sessions: [{ ...all[0], id: id(90), logout: null, how: null, login: ago(900) }, ...all], more: true }
}

export function roster () {
  const row = (name, more) => ({ name, whitelisted: true, op: false, banned: false, user: null, source: 'hand', uuid: '069a79f4-44e9-4726-a5be-fca90e38aaf5',
    looking: false, unknown: false, waiting: false, until: null, reason: null, by: 'admin', changed_at: ago(1e5), ...more })
  return { policy: 'listed', op: { policy: 'owner', mine: true }, trouble: 'ops.json in the game’s directory is no JSON: mend it, or remove it and it is made anew.',
    players: [row('Robin', { op: true }), row('Wren', { source: 'user', user: 'wren' }), row('Notch', { source: 'game' }), row('Nottch', { unknown: true, uuid: null }),
      row('Sparrow', { op: true, source: 'run' }), row('Finch', { waiting: true, looking: true, uuid: null }), row('Griefer', { banned: true, until: soon(2e5), reason: nasty.reason }),
      row('Sixteen_Letters_', { banned: true, reason: nasty.markup, by: nasty.wide }), ...names.map(name => row(name)),
      ...Array.from({ length: 60 }, (_, index) => row(`Member_${index}`))],
    addresses: [{ address: '203.0.113.0/24', banned: true, source: 'hand', waiting: false, until: null, reason: 'A scanner.', by: 'admin', changed_at: ago(1e5) },
      { address: '2001:0db8:85a3:0000:0000:8a2e:0370:7334', banned: true, source: 'hand', waiting: true, until: soon(9e5), reason: nasty.reason, by: 'admin', changed_at: ago(1e5) }] }
}

export function console () {
  const lines = Array.from({ length: 120 }, (_, index) => `[21:16:${String(index % 60).padStart(2, '0')}] [Server thread/INFO]: A line, the ${index}th of them`)
  lines.push(nasty.markup, nasty.bidi, nasty.script, nasty.reason, 'x'.repeat(900), '', '\u001b[31mred \u001b[1;32mbold green\u001b[0m plain \u001b[38;5;208morange', nasty.emoji)
  return { lines, numbers: lines.map((_, index) => 1000 + index), next: 1000 + lines.length }
}

export function runs (base) {
  const samples = Array.from({ length: 60 }, (_, index) => ({ t: Date.now() - 36e5 + index * 6e4, players: Math.round(8 + 7 * Math.sin(index / 6)), memory: 1.2e9 + index * 1e7, cpu: 400 }))
  const row = (index, more) => ({ ...base.run, id: id(index), by: 'admin', cause: 'web', started_at: ago(3700 + index * 86000), ready_at: ago(3660 + index * 86000),
    ended_at: ago(index * 86000), restarts: 0, peak_players: 15, peak_memory: 1.8e9, samples, ...more })
  return { more: false, runs: [{ ...row(0, {}), id: base.run.id, ended_at: null }, row(1, { by: nasty.wide, cause: 'join', restarts: 3 }), row(2, { cause: 'schedule', by: 'every evening' }),
    row(3, { ready_at: null, peak_players: undefined, peak_memory: 0, samples: [] }), ...Array.from({ length: 20 }, (_, index) => row(4 + index))] }
}

export function events (epoch) {
  const told = [
    ['server.wake_requested', { by: nasty.markup, cause: 'join' }], ['player.joined', { player: nasty.wide }], ['player.refused', { player: nasty.bidi, reason: nasty.reason }],
    ['server.ready', { took_ms: 42000 }], ['server.failed', { phase: 'starting', reason: nasty.reason }], ['backup.failed', { retrying: true, reason: 'the store is full' }],
    ['roster.changed', { player: nasty.arabic, change: 'banned', by: 'game', source: nasty.script, reason: nasty.markup }], ['server.command_sent', { by: 'admin', line: nasty.script }],
    ['channel.posted', { by: nasty.emoji, message: { html: nasty.markup } }], ['a.type.of.tomorrow', {}], ['server.phase_changed', { state: 'waking', phase: 'starting' }],
    ['disk.low', { free_bytes: 1e9, size_bytes: 5e11 }], ['restore.finished', {}], ['install.finished', { note: nasty.reason }]
  ]
  return { events: told.map(([type, data], index) => ({ specversion: '1.0', id: `${epoch}:${900 - index}`, source: '/servers/full', type, subject: 'full', time: ago(index * index * 900), data })) }
}

/** From now on this tab is told all that. */
export async function pretend (page, roost) {
  const base = await roost.server('demo')
  const all = [base, ...servers(base)]
  const answers = { '/backups': backups(), '/players': players(), '/sessions': sessions(), '/roster': roster(), '/console': console(), '/runs': runs(base) }
  const short = { ...answers, '/backups': backups(0), '/players': { ...answers['/players'], players: [], seen: answers['/players'].seen.slice(0, 3) },
    '/roster': { ...answers['/roster'], players: answers['/roster'].players.slice(0, 8) }, '/runs': { runs: answers['/runs'].runs.slice(0, 3) } }
  const template = (await roost.api('GET', '/v1/templates/minecraft-java')).body
  const made = { source: { template: 'minecraft-java', variables: { motd: nasty.script, version: nasty.wide } }, template: { name: 'minecraft-java', version: 1, outdated: true } }
  await page.route('**/v1/**', route => {
    const { pathname } = new URL(route.request().url())
    const [, name, part] = /^\/v1\/servers(?:\/([^/]+)(\/[a-z]+)?)?$/.exec(pathname) ?? []
    const json = value => route.fulfill({ json: value })
    if (route.request().method() !== 'GET') return route.continue()
    if (pathname === '/v1/servers') return json({ servers: all.map(one => ({ ...one, ...made })) })
    if (pathname === '/v1/events') return json(events('01M7YPRETENDED'))
    if (pathname === '/v1/templates') return json({ templates: [template, { ...template, template: 'nasty', title: nasty.markup, description: nasty.reason }] })
    if (pathname === '/v1/templates/nasty') return json({ ...template, title: nasty.markup, description: nasty.script, variables: template.variables.map(one => ({ ...one, help: nasty.markup })) })
    if (!all.slice(1).some(one => one.name === name)) return route.continue()
    const told = name === 'full' ? answers : short // one server has the long lists: a browser's time is dear
    if (part) return told[part] ? json(told[part]) : route.continue()
    return json({ ...all.find(one => one.name === name), ...made })
  })
}
