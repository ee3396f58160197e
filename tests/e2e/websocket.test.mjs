// SPDX-License-Identifier: Apache-2.0
// The real-time protocol over WebSockets, with a real client (npm ws): docs/realtime.md.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { startRoost, practice, freePort, until } from './harness.mjs'
import { Client, connect } from './socket.mjs'

async function start (t, config = {}, servers = 1) {
  const list = []
  for (let n = 0; n < servers; n++) list.push(practice(n === 0 ? 'demo' : `demo${n}`, await freePort(), { boot: '0s', hosts: [n === 0 ? '*' : `h${n}.example.org`] }))
  const roost = await startRoost({ servers: list, ...config })
  t.after(() => roost.stop())
  return roost
}

async function makeUser (roost, name, role) {
  assert.ok((await roost.api('PUT', `/v1/users/${name}`, { role, password: 'a long password' })).status < 300)
  const { status, body } = await roost.api('POST', '/v1/tokens', { label: name, user: name })
  assert.equal(status, 201)
  return body.token
}

test('WebSocket: welcome, whoami, subscribe, live events, unsubscribe, ping', async t => {
  const roost = await start(t)
  const client = await connect(roost)
  assert.match(client.id, /^[A-Za-z0-9_-]{15}=$/)
  assert.equal(client.welcome.role, 'admin')
  assert.equal(client.welcome.limits.message, 131072)
  const who = await client.ask('whoami')
  assert.equal(who.connection_id, client.id)
  assert.equal(who.ok, true)
  assert.deepEqual(who.channels, [])

  const subscribed = await client.ask('subscribe', { channels: ['server/demo', 'servers'] })
  assert.deepEqual(subscribed.channels, ['server/demo', 'servers'])
  assert.equal(subscribed.position, client.welcome.position)
  assert.equal(subscribed.verdict, undefined)

  const woken = await client.ask('wake', { server: 'demo' })
  assert.equal(woken.status, 202)
  assert.equal(woken.server.name, 'demo')
  assert.ok(woken.request_id)
  await client.untilEvent('server.ready')
  const requested = client.events.find(event => event.type === 'server.wake_requested')
  assert.equal(requested.data.request_id, woken.request_id)
  const ids = client.events.map(event => Number(event.id.split(':')[1]))
  assert.deepEqual(ids, [...new Set(ids)].sort((a, b) => a - b), 'in order, nothing twice')

  assert.deepEqual((await client.ask('unsubscribe', { channels: ['server/demo', 'servers'] })).channels, [])
  const before = client.events.length
  const slept = await client.ask('sleep', { server: 'demo', now: true })
  assert.equal(slept.status, 202)
  await roost.untilState('demo', 'asleep')
  assert.equal((await client.ask('ping')).ok, true)
  assert.equal(client.events.length, before)
  await client.close()
  assert.equal(client.closed.code, 1000)
})

test('WebSocket: a place resumes, an old record is told, a replay comes before what is live', async t => {
  const roost = await start(t)
  await roost.api('POST', '/v1/servers/demo/wake')
  await roost.untilState('demo', 'ready')
  const all = await roost.events()
  const epoch = all[0].id.split(':')[0]

  const client = await connect(roost)
  const answer = await client.ask('subscribe', { channels: ['feed'], after: all[0].id })
  assert.equal(answer.verdict, 'resumed')
  await until('the replay', () => client.events.at(-1)?.id === all.at(-1).id)
  assert.deepEqual(client.events.map(event => event.id), all.slice(1).map(event => event.id))
  const first = client.told.findIndex(one => one.type === 'event')
  assert.ok(client.told.findIndex(one => one.type === 'answer') < first, 'answered first')

  // Only the new channel is told again.
  const other = await connect(roost)
  await other.ask('subscribe', { channels: ['server/demo'] })
  await other.ask('subscribe', { channels: ['feed'], after: `${epoch}:0` })
  await until('the replay', () => other.events.at(-1)?.id === all.at(-1).id)
  assert.deepEqual(other.events.map(event => event.id), all.map(event => event.id))
  await roost.api('POST', '/v1/servers/demo/sleep')
  await other.untilEvent('server.asleep')
  await client.untilEvent('server.asleep')
  const now = await roost.events()
  assert.deepEqual(other.events.map(event => event.id), now.slice(0, other.events.length).map(event => event.id))

  const resumed = await client.ask('resume', { after: all[2].id })
  assert.equal(resumed.verdict, 'resumed')
  await until('all again', () => client.events.length >= now.length - 1 + now.length - 3)
  assert.deepEqual(client.events.slice(now.length - 1).map(event => event.id), now.slice(3).map(event => event.id))

  const unknown = await connect(roost)
  const told = await unknown.ask('subscribe', { channels: ['feed'], after: 'NOSUCHEPOCH:5' })
  assert.equal(told.verdict, 'unknown epoch')
  const ahead = await unknown.ask('resume', { after: `${epoch}:999999` })
  assert.equal(ahead.verdict, 'unknown epoch')
})

test('WebSocket: what is not right is answered, and never the end', async t => {
  const roost = await start(t)
  const client = await connect(roost)
  const wrong = [
    ['not json', 400], ['[]', 400], ['"x"', 400], ['{}', 400], [{ action: 'dance' }, 400], [{ action: 5 }, 400],
    [{ action: 'subscribe' }, 422], [{ action: 'subscribe', channels: [] }, 422], [{ action: 'subscribe', channels: ['a//b'] }, 422],
    [{ action: 'subscribe', channels: ['servers'], colour: 'red' }, 422], [{ action: 'subscribe', channels: ['servers'], after: 'x:y' }, 422],
    [{ action: 'resume' }, 422], [{ action: 'wake', server: '../x' }, 422], [{ action: 'ping', id: { a: 1 } }, 422],
    [{ action: 'ping', id: 'x'.repeat(65) }, 422], [{ action: 'wake', server: 'nosuch' }, 404], [{ action: 'command', server: 'demo', line: 'list' }, 409],
    [{ action: 'subscribe', channels: ['no/such/channel'] }, 403], [{ action: 'subscribe', channels: ['connection/AAAAAAAAAAAAAAA='] }, 403]
  ]
  for (const [message, status] of wrong) {
    const before = client.told.length
    client.send(message)
    const answer = await until(`an answer to ${JSON.stringify(message)}`, () => client.told[before])
    assert.equal(answer.type, 'answer')
    assert.equal(answer.ok, false, JSON.stringify(message))
    assert.equal(answer.status, status, JSON.stringify([message, answer]))
    assert.equal(answer.problem.status, status)
    assert.ok(answer.problem.title && answer.problem.detail && answer.problem.type.startsWith('urn:roost:problem:'))
  }
  client.send({ action: 'ping', id: 'm\u00fc"' })
  assert.ok((await client.untilTold('the id', one => one.id === 'm\u00fc"')).ok)
  client.send({ action: 'ping', id: 1.5 })
  await client.untilTold('a number', one => one.id === 1.5)
  await client.close()
})

test('WebSocket: who may open one, and what each role may', async t => {
  const roost = await start(t, { channels: [{ name: 'staff-room/*', read: 'staff', post: 'admin' }, { name: 'lobby', read: 'player', post: 'player' }] })
  const player = await connect(roost, { token: await makeUser(roost, 'anna', 'player') })
  assert.equal(player.welcome.user, 'anna')
  assert.equal(player.welcome.role, 'player')
  for (const channel of ['alerts', 'console/demo', 'user/admin', 'staff-room/a']) {
    assert.equal((await player.ask('subscribe', { channels: ['servers', channel] })).status, 403, channel)
  }
  assert.deepEqual((await player.ask('whoami')).channels, [], 'all or none')
  assert.equal((await player.ask('sleep', { server: 'demo' })).status, 403)
  assert.equal((await player.ask('command', { server: 'demo', line: 'x' })).status, 403)
  assert.equal((await player.ask('presence', { channel: 'alerts' })).status, 403)
  assert.equal((await player.ask('post', { channel: 'staff-room/a', message: 1 })).status, 403)
  await player.ask('subscribe', { channels: ['user/anna', 'lobby', 'feed', `connection/${player.id}`] })
  const posted = await player.ask('post', { channel: 'lobby', message: { hello: ['w\u00f6rld'] } })
  assert.equal(posted.status, 202, JSON.stringify(posted))
  const event = await player.untilEvent('channel.posted', 'lobby')
  assert.deepEqual(event.data.message, { hello: ['w\u00f6rld'] })

  // Events above the player's role are not told, but those about the player are.
  await roost.api('PUT', '/v1/users/berta', { role: 'player', password: 'a long password' })
  await roost.api('POST', '/v1/servers/demo/wake')
  await player.untilEvent('server.ready')
  assert.ok(!player.events.some(event => event.type === 'user.changed' && event.subject === 'berta'))

  // The rights change: everything open is ended with the code that says so.
  await roost.api('PUT', '/v1/users/anna', { role: 'staff' })
  assert.equal((await player.untilClosed()).code, 3005)

  for (const [options, status] of [[{ token: 'roost_wrong' }, 401], [{ headers: { authorization: 'Basic eDp5' } }, 401]]) {
    const client = new Client(roost.url.replace('http', 'ws') + '/v1/ws', { headers: options.token ? { authorization: `Bearer ${options.token}` } : options.headers })
    assert.equal((await until('the refusal', () => client.refused)).status, status)
  }
  const plain = await fetch(roost.url + '/v1/ws', { headers: { authorization: `Bearer ${await roost.token()}` } })
  assert.equal(plain.status, 426)
  assert.equal(plain.headers.get('upgrade'), 'websocket')
  assert.equal((await plain.json()).type, 'urn:roost:problem:upgrade-required')
})

test('WebSocket: a session cookie opens one from our own page only', async t => {
  const roost = await start(t)
  const { cookie } = await until('the sign-in', () => roost.signIn())
  const ours = await connect(roost, { token: '', headers: { cookie, origin: roost.url } })
  assert.equal(ours.welcome.user, 'admin')
  const woken = await ours.ask('wake', { server: 'demo' })
  assert.equal(woken.status, 202, 'no CSRF token: the origin was asked when it was opened')
  for (const headers of [{ cookie, origin: 'https://evil.example' }, { cookie, origin: 'null' }, { cookie, 'sec-fetch-site': 'cross-site' }, { cookie, origin: roost.url, 'sec-fetch-site': 'same-site' }]) {
    const theirs = new Client(roost.url.replace('http', 'ws') + '/v1/ws', { headers })
    assert.equal((await until('the refusal', () => theirs.refused)).status, 403, JSON.stringify(headers))
  }
  const program = await connect(roost, { headers: { origin: 'https://evil.example' } })
  assert.equal(program.welcome.user, 'admin', 'a token is no cookie')
  // Signed out: what was opened with the session is no longer.
  const me = await fetch(roost.url + '/v1/me', { headers: { cookie } })
  const { csrf } = await me.json()
  assert.ok((await fetch(roost.url + '/v1/session', { method: 'DELETE', headers: { cookie, 'x-csrf-token': csrf } })).ok)
  assert.equal((await ours.untilClosed()).code, 3005)
  assert.ok(!program.closed)
})

test('WebSocket: presence, by users, told to those who asked', async t => {
  const roost = await start(t)
  const token = await makeUser(roost, 'anna', 'player')
  const watcher = await connect(roost)
  const deaf = await connect(roost)
  await watcher.ask('subscribe', { channels: ['server/demo'], presence: true })
  await deaf.ask('subscribe', { channels: ['server/demo'] })
  const anna = await connect(roost, { token })
  const anna2 = await connect(roost, { token })
  await anna.ask('subscribe', { channels: ['server/demo', 'servers'] })
  await anna2.ask('subscribe', { channels: ['server/demo'] })
  const joined = await watcher.untilTold('anna joined', one => one.type === 'presence' && one.joined?.user === 'anna')
  assert.equal(joined.channel, 'server/demo')
  const { members, count } = await watcher.ask('presence', { channel: 'server/demo' })
  assert.equal(count, 2)
  assert.deepEqual(members.map(one => [one.user, one.connections]).sort(), [['admin', 2], ['anna', 2]])
  await anna.ask('unsubscribe', { channels: ['server/demo'] })
  assert.equal((await watcher.ask('presence', { channel: 'server/demo' })).count, 2)
  anna2.ws.terminate()
  await watcher.untilTold('anna left', one => one.type === 'presence' && one.left?.user === 'anna')
  assert.equal(watcher.told.filter(one => one.type === 'presence').length, 2, 'once each')
  assert.ok(!deaf.told.some(one => one.type === 'presence'))
  await watcher.close()
  assert.deepEqual((await deaf.ask('presence', { channel: 'server/demo' })).members.map(one => one.connections), [1])
})

test('WebSocket: console lines as they come, with numbers that join them to the tail', async t => {
  const roost = await start(t)
  const client = await connect(roost)
  await client.ask('subscribe', { channels: ['console/demo'] })
  await client.ask('wake', { server: 'demo' })
  await roost.untilState('demo', 'ready')
  const sent = await client.ask('command', { server: 'demo', line: 'say "gr\u00fc\u00df"' })
  assert.equal(sent.status, 202, JSON.stringify(sent))
  await until('the lines', async () => {
    const { body } = await roost.api('GET', '/v1/servers/demo/console')
    const told = client.told.filter(one => one.type === 'console')
    return body.lines.length > 0 && told.length === body.lines.length
  })
  const { body } = await roost.api('GET', '/v1/servers/demo/console')
  const lines = client.told.filter(one => one.type === 'console')
  assert.deepEqual(lines.map(one => one.line), body.lines)
  assert.deepEqual(lines.map(one => one.number), body.numbers)
  assert.ok(body.numbers.every((number, n) => n === 0 || number > body.numbers[n - 1]))
  assert.equal(body.next, body.numbers.at(-1) + 1)
  assert.ok(lines.every(one => one.server === 'demo'))
})

test('WebSocket: limits end a connection with their codes', async t => {
  const roost = await start(t, { websocket: { message_limit: '64KiB', frame_limit: '16KiB', messages: { per_second: 10, burst: 40 } } })
  const codes = async act => {
    const client = await connect(roost, { perMessageDeflate: false })
    act(client)
    return (await client.untilClosed()).code
  }
  assert.equal(await codes(client => client.ws.send(Buffer.from('{"action":"ping"}'), { binary: true })), 1003)
  assert.equal(await codes(client => client.ws.send('x'.repeat(16 * 1024 + 1))), 1009)
  assert.equal(await codes(client => {
    for (let n = 0; n < 5; n++) client.ws.send('x'.repeat(16000), { fin: false })
    client.ws.send('', { fin: true })
  }), 1009)
  assert.equal(await codes(client => { for (let n = 0; n < 60; n++) client.send({ action: 'ping' }) }), 3013)
  assert.equal(await codes(client => { for (let n = 0; n < 60; n++) client.ws.ping('x') }), 3013)
  const bomb = await connect(roost, { perMessageDeflate: { threshold: 0 } })
  bomb.send('x'.repeat(1 << 20)) // a frame of a kilobyte
  assert.equal((await bomb.untilClosed()).code, 1009)
  const client = await connect(roost, { perMessageDeflate: false })
  for (let n = 0; n < 3; n++) client.ws.send(n === 0 ? '{"action":"ping","id":7,' + ' '.repeat(15000) : ' '.repeat(15000), { fin: false })
  client.ws.send('"x":1}', { fin: true })
  assert.equal((await client.untilTold('the answer', one => one.id === 7)).status, 422)
  assert.equal((await client.ask('ping')).ok, true)
})

test('WebSocket: silence and age end a connection, and a peer that is gone is noticed', async t => {
  const roost = await start(t, { websocket: { idle_timeout: '3s', lifetime: '6s', ping_every: '1s' } })
  const quiet = await connect(roost)
  const dead = await connect(roost, { autoPong: false })
  const busy = await connect(roost)
  const began = Date.now()
  const talk = setInterval(() => { if (!busy.closed) busy.send({ action: 'ping' }) }, 200)
  t.after(() => clearInterval(talk))
  assert.equal((await quiet.untilClosed()).code, 1001)
  assert.equal((await dead.untilClosed()).code, 3012)
  assert.ok(!busy.closed)
  assert.equal((await busy.untilClosed()).code, 1001)
  assert.ok(Date.now() - began > 5000)
})

test('WebSocket: permessage-deflate, and the same events with and without', async t => {
  const roost = await start(t)
  const plain = await connect(roost, { perMessageDeflate: false })
  const deflated = await connect(roost, { perMessageDeflate: { threshold: 0 } })
  const small = await connect(roost, { perMessageDeflate: { serverMaxWindowBits: 9, threshold: 0 } })
  assert.match(deflated.ws.extensions, /permessage-deflate/)
  assert.equal(plain.ws.extensions, '')
  const all = [plain, deflated, small]
  for (const client of all) await client.ask('subscribe', { channels: ['feed'] })
  await deflated.ask('wake', { server: 'demo' })
  for (const client of all) await client.untilEvent('server.ready')
  assert.deepEqual(deflated.events, plain.events)
  assert.deepEqual(small.events, plain.events)
  assert.ok(deflated.ws._receiver, 'a real receiver')
  for (const client of all) await client.close()
})

test('WebSocket: roost stops: 1001, and whoever comes back with its place misses nothing', async t => {
  const roost = await start(t)
  const client = await connect(roost)
  await client.ask('subscribe', { channels: ['feed'] })
  roost.process.kill('SIGTERM')
  assert.equal((await client.untilClosed()).code, 1001)
  await roost.exited
  await roost.restart()
  const again = await connect(roost)
  const answer = await again.ask('subscribe', { channels: ['feed'], after: client.welcome.position })
  assert.equal(answer.verdict, 'resumed')
  await again.untilEvent('roost.started')
})

test('WebSocket: killed in the middle of a broadcast, 60 readers resume: no gap, nothing twice, one order', async t => {
  const roost = await start(t, { channels: [{ name: 'room', read: 'player', post: 'player' }] })
  const token = await roost.token()
  const readers = Array.from({ length: 60 }, () => ({ ids: [], after: undefined }))
  let stopped = false
  const follow = async reader => {
    while (!stopped) {
      const client = new Client(roost.url.replace('http', 'ws') + '/v1/ws', { headers: { authorization: `Bearer ${token}` } })
      client.ws.on('open', () => client.send({ action: 'subscribe', channels: ['room'], ...(reader.after ? { after: reader.after } : {}) }))
      client.ws.on('message', data => {
        const one = JSON.parse(data)
        if (one.type === 'welcome') reader.after ??= one.position
        if (one.type === 'answer') { assert.equal(one.verdict ?? 'resumed', 'resumed'); reader.subscribed = true }
        if (one.type === 'event') { reader.ids.push(one.event.id); reader.after = one.event.id }
      })
      reader.client = client
      await new Promise(resolve => { client.ws.once('close', resolve) })
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }
  const following = readers.map(follow)
  await until('all subscribed', () => readers.every(reader => reader.subscribed))
  const post = async n => (await roost.api('POST', '/v1/messages', { channel: 'room', message: n })).status
  for (let round = 0; round < 2; round++) {
    const posting = Promise.allSettled(Array.from({ length: 200 }, (_, n) => post(n)))
    await until('a part', () => readers[0].ids.length > 20 + round * 60)
    await roost.kill9()
    await posting
    await roost.restart()
    await Promise.allSettled(Array.from({ length: 40 }, (_, n) => post(n)))
  }
  const all = (await roost.events('&type=channel.posted')).map(event => event.id)
  assert.ok(all.length > 80)
  await until('everything', () => readers.every(reader => reader.ids.length >= all.length))
  stopped = true
  for (const reader of readers) assert.deepEqual(reader.ids, all)
  for (const reader of readers) reader.client.ws.terminate()
  await Promise.all(following)
})

test('WebSocket: a reader that stops reading is closed with 3008, the rest are served, and it resumes', async t => {
  const roost = await start(t, { channels: [{ name: 'room', read: 'player', post: 'player' }] })
  const [slow, quick] = [await connect(roost, { perMessageDeflate: false }), await connect(roost)]
  for (const client of [slow, quick]) await client.ask('subscribe', { channels: ['room'] })
  slow.ws.pause()
  const text = 'y'.repeat(15000)
  for (let n = 0; n < 30; n++) {
    const posted = await Promise.all(Array.from({ length: 10 }, () => roost.api('POST', '/v1/messages', { channel: 'room', message: text })))
    assert.ok(posted.every(one => one.status === 202))
  }
  await until('the quick one has all', () => quick.events.length === 300)
  slow.ws.resume()
  assert.equal((await slow.untilClosed()).code, 3008)
  assert.ok(slow.events.length < 300)
  const again = await connect(roost)
  const answer = await again.ask('subscribe', { channels: ['room'], after: slow.events.at(-1).id })
  assert.equal(answer.verdict, 'resumed')
  await until('the rest', () => slow.events.length + again.events.length === 300)
  assert.deepEqual([...slow.events, ...again.events].map(event => event.id), quick.events.map(event => event.id))
})

test('WebSocket: /@connections speaks to one, and waits for a slow one', async t => {
  const roost = await start(t, { websocket: { queue_limit: '256KiB' } })
  const client = await connect(roost, { headers: { 'user-agent': 'a client' } })
  const call = async (method, body) => {
    const answer = await fetch(`${roost.url}/@connections/${encodeURIComponent(client.id)}`, { method, body, headers: { authorization: `Bearer ${await roost.token()}` } })
    return { status: answer.status, type: answer.headers.get('x-amzn-errortype'), text: await answer.text() }
  }
  assert.equal((await call('POST', 'gr\u00fc\u00df dich')).status, 200)
  await until('the text', () => client.frames.some(frame => !frame.isBinary && frame.data.toString() === 'gr\u00fc\u00df dich'))
  assert.equal((await call('POST', Buffer.from([0xff, 0x00, 0x80]))).status, 200)
  await until('the bytes', () => client.frames.some(frame => frame.isBinary && frame.data.equals(Buffer.from([0xff, 0x00, 0x80]))))
  const found = await call('GET')
  assert.equal(found.status, 200)
  const { connectedAt, lastActiveAt, identity } = JSON.parse(found.text)
  assert.equal(identity.userAgent, 'a client')
  assert.equal(identity.sourceIp, '127.0.0.1')
  assert.ok(Date.parse(lastActiveAt) >= Date.parse(connectedAt) - 200 && Date.parse(connectedAt) > Date.now() - 60000)

  client.ws.pause()
  let status
  for (let n = 0; n < 200 && status !== 429; n++) status = (await call('POST', 'z'.repeat(60000))).status
  assert.equal(status, 429)
  client.ws.resume()
  await until('room again', async () => (await call('POST', 'again')).status === 200)
  assert.equal((await call('DELETE')).status, 204)
  assert.deepEqual(await client.untilClosed(), { code: 1000, reason: 'Connection Closed Normally' })
  const gone = await call('POST', 'x')
  assert.equal(gone.status, 410)
  assert.equal(gone.type, 'GoneException')
})

test('WebSocket: what the feed has forgotten is told as a gap', async t => {
  const roost = await start(t)
  await roost.api('POST', '/v1/servers/demo/wake')
  await roost.untilState('demo', 'ready')
  const all = await roost.events()
  await roost.kill9()
  roost.environment.ROOST_FEED_KEEP_EVENTS = '5'
  await roost.restart()
  const { oldest, newest, epoch } = await until('the oldest to be forgotten', async () => {
    const { body } = await roost.api('GET', '/v1/events?after=0')
    return body.oldest > 1 && body
  })
  const client = await connect(roost)
  const answer = await client.ask('subscribe', { channels: ['feed'], after: all[0].id })
  const told = answer.verdict === 'gap' ? answer : await client.untilTold('the gap', one => one.type === 'position')
  assert.equal(told.verdict, 'gap')
  assert.equal(told.oldest, oldest)
  await until('the newest', () => client.events.at(-1)?.id === `${epoch}:${newest}`)
  assert.deepEqual(client.events.map(event => event.id), Array.from({ length: newest - oldest + 1 }, (_, n) => `${epoch}:${oldest + n}`))
  assert.equal((await client.ask('resume', { after: `${epoch}:${oldest - 1}` })).verdict, 'resumed')
  assert.equal((await client.ask('resume', { after: `${epoch}:1` })).verdict, 'gap')
})
