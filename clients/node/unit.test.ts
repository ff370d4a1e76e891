import assert from 'node:assert/strict'
import { getDefaultAutoSelectFamilyAttemptTimeout } from 'node:net'
import { after, before, describe, test } from 'node:test'
import type { ClientEvent } from '../../unit/protocol.ts'
import { attempts, only, startBlackhole, startDns, startServer, TestUnit, type TestZone } from './testing.ts'

for (const api of ['http', 'fetch'] as const) {
  describe(`${api} with c-ares`, () => {
    const zone: TestZone = {
      'ha.lab.test': ['127.0.0.2'],
      'first-refused.lab.test': ['127.0.0.1', '127.0.0.2'],
      'both-families.lab.test': ['127.0.0.2', '::1'],
      'all-refused.lab.test': ['127.0.0.3', '127.0.0.1', '::1'],
      'one-refused.lab.test': ['127.0.0.1'],
      'blackhole.lab.test': ['127.0.0.5', '127.0.0.2'],
      'only-blackhole.lab.test': ['127.0.0.5'],
      'silent.lab.test': 'silent',
      'broken.lab.test': 'servfail',
    }
    let server: Awaited<ReturnType<typeof startServer>>
    let dns: Awaited<ReturnType<typeof startDns>>
    let unit: TestUnit
    const url = (name: string, path = '') => `http://${name}.lab.test:${server.port}/${path}`

    before(async () => {
      server = await startServer('127.0.0.2')
      dns = await startDns(zone)
      unit = new TestUnit()
      const ready = await unit.start({ api }, dns, { timeoutS: 0.3, attempts: 1 })
      assert.equal(ready.event, 'ready')
      assert.equal(ready.event === 'ready' && ready.resolver, 'c-ares')
    })
    after(async () => {
      await unit[Symbol.asyncDispose]()
      await server.stop()
      dns.stop()
    })

    test('reports a first request from its lookup to its end, and the second on the same connection', async () => {
      const first = await unit.request(url('ha'))
      const wanted = [
        'request-started',
        'lookup-started',
        'lookup-ended',
        'attempt-started',
        'attempt-ended',
        'connection-used',
        'head-received',
      ]
      assert.deepEqual(kinds(first), [...wanted, 'request-ended'])
      assert.deepEqual(only(first, 'lookup-ended')[0]?.addresses, ['127.0.0.2'])
      assert.deepEqual(end(first), { status: 200, body: '127.0.0.2' })
      assert.deepEqual(dns.queries.splice(0).sort(), ['ha.lab.test A', 'ha.lab.test AAAA'])
      assert.deepEqual(
        only(first, 'attempt-started').map(({ request, port }) => [request, port]),
        [[1, server.port]],
      )

      const second = await unit.request(url('ha'))
      assert.deepEqual(kinds(second), ['request-started', 'connection-used', 'head-received', 'request-ended'])
      const [used, reused] = [...only(first, 'connection-used'), ...only(second, 'connection-used')]
      assert.deepEqual([used?.reused, reused?.reused], [false, true])
      assert.equal(reused?.connection, used?.connection)
      assert.equal(reused?.localPort, used?.localPort)
      assert.deepEqual(dns.queries, [])
    })

    test('a fresh request has a connection of its own, closed before its end; the pooled one is used again after it', async () => {
      const [pooled] = only(await unit.request(url('ha')), 'connection-used')
      const fresh = await unit.request(url('ha'), { fresh: true })
      const [own] = only(fresh, 'connection-used')
      assert.equal(own?.reused, false)
      assert.notEqual(own?.connection, pooled?.connection)
      assert.deepEqual(
        only(fresh, 'connection-closed').map(({ connection }) => connection),
        [own?.connection],
      )
      assert.equal(fresh.at(-1)?.event, 'request-ended')
      const [again] = only(await unit.request(url('ha')), 'connection-used')
      assert.deepEqual([again?.connection, again?.reused], [pooled?.connection, true])
    })

    test('a connection that the server closes while idle is reported, and the next request looks up again', async () => {
      const [pooled] = only(await unit.request(url('ha')), 'connection-used')
      server.closeIdle()
      assert.equal((await unit.next('connection-closed')).connection, pooled?.connection)
      const next = await unit.request(url('ha'))
      assert.equal(only(next, 'lookup-started').length, 1)
      assert.equal(only(next, 'connection-used')[0]?.reused, false)
    })

    test('goes on to the next address when the first refuses', async () => {
      const events = await unit.request(url('first-refused'), { fresh: true })
      assert.deepEqual(attempts(events), ['127.0.0.1 refused', '127.0.0.2 connected'])
      assert.deepEqual(end(events), { status: 200, body: '127.0.0.2' })
    })

    test('has ::1 before IPv4, as getaddrinfo would', async () => {
      const events = await unit.request(url('both-families'), { fresh: true })
      assert.deepEqual(only(events, 'lookup-ended')[0]?.addresses, ['::1', '127.0.0.2'])
      assert.deepEqual(attempts(events), ['::1 refused', '127.0.0.2 connected'])
    })

    test("gives up a silent address after Node's own attempt timeout and takes the next", async () => {
      const ownMs = getDefaultAutoSelectFamilyAttemptTimeout() // 250; 500 in Node 26
      const lift = await startBlackhole('127.0.0.5', server.port)
      try {
        const events = await unit.request(url('blackhole'), { fresh: true })
        assert.deepEqual(attempts(events), ['127.0.0.5 given_up', '127.0.0.2 connected'])
        const [first, second] = only(events, 'attempt-started').map(({ atUs }) => atUs)
        const gapMs = ((second ?? 0) - (first ?? 0)) / 1000
        assert.ok(gapMs >= ownMs - 1 && gapMs < ownMs + 1250, `${gapMs} ms`)
      } finally {
        await lift()
      }
    })

    test('names the time limit after what it cut off: connecting', async () => {
      const lift = await startBlackhole('127.0.0.5', server.port)
      try {
        const events = await unit.request(url('only-blackhole'), { fresh: true, timeoutMs: 1500 })
        assert.equal(error(events)?.kind, 'connect-timeout')
        assert.deepEqual(attempts(events), ['127.0.0.5 given_up'])
      } finally {
        await lift()
      }
    })

    const failures = [
      {
        what: 'every address refuses',
        name: 'all-refused',
        kind: 'connection-refused',
        attempts: ['::1 refused', '127.0.0.3 refused', '127.0.0.1 refused'],
      },
      { what: 'the only address refuses', name: 'one-refused', kind: 'connection-refused', attempts: ['127.0.0.1 refused'] },
      { what: 'the name does not exist', name: 'nowhere', kind: 'name-not-found', attempts: [] },
      { what: 'DNS answers SERVFAIL', name: 'broken', kind: 'dns-failure', attempts: [] },
      { what: 'DNS does not answer', name: 'silent', kind: 'dns-timeout', attempts: [] },
      { what: 'DNS does not answer within the time limit', name: 'silent', timeoutMs: 150, kind: 'dns-timeout', attempts: [] },
      { what: 'the connection is reset before the head', name: 'ha', path: 'reset-before-head', kind: 'reset' },
      { what: 'the connection is closed before the head', name: 'ha', path: 'close-before-head', kind: 'closed' },
      { what: 'the connection is reset within the body', name: 'ha', path: 'part-of-body', cut: 'reset', kind: 'reset' },
      {
        what: 'the connection is closed within the body',
        name: 'ha',
        path: 'part-of-body',
        cut: 'close',
        kind: 'body-incomplete',
      },
      { what: 'no head comes', name: 'ha', path: 'no-head', timeoutMs: 1500, kind: 'response-timeout' },
      { what: 'the body does not end', name: 'ha', path: 'part-of-body', timeoutMs: 1500, kind: 'response-timeout' },
    ] as const
    for (const failure of failures) {
      const { what, name, path, cut, timeoutMs, kind } = { path: undefined, cut: undefined, timeoutMs: 20_000, ...failure }
      test(`${kind} when ${what}`, async () => {
        unit.onEvent = ({ event }) => event === 'head-received' && cut !== undefined && server.cut(cut)
        const events = await unit.request(url(name, path), { timeoutMs, fresh: true })
        unit.onEvent = () => {}
        assert.equal(error(events)?.kind, kind)
        assert.notEqual(error(events)?.message, '')
        // fetch's text() keeps to itself what has come.
        const broken = { status: 200, body: api === 'http' ? 'part' : undefined }
        assert.deepEqual(end(events), path === 'part-of-body' ? broken : { status: undefined, body: undefined })
        assert.deepEqual(attempts(events), 'attempts' in failure ? failure.attempts : ['127.0.0.2 connected'])
        assert.equal(events.at(-1)?.event, 'request-ended')
        const closed = path === undefined ? 0 : 1
        // Its own: one that was kept for an earlier request may close meanwhile.
        const used = only(events, 'connection-used').map(({ connection }) => connection)
        const gone = only(events, 'connection-closed').filter(({ connection }) => used.includes(connection))
        assert.equal(gone.length, closed)
      })
    }

    test('of a long body the first 4096 bytes are reported', async () => {
      // 'é' is two bytes, and the first of the last one is byte 4096
      assert.deepEqual(end(await unit.request(url('ha', 'long'))), { status: 200, body: `x${'é'.repeat(2047)}\ufffd` })
    })

    test('a reused connection that is reset fails the request, which is not repeated', async () => {
      await unit.request(url('ha'))
      const events = await unit.request(url('ha', 'reset-before-head'))
      assert.deepEqual(
        only(events, 'connection-used').map(({ reused }) => reused),
        [true],
      )
      assert.equal(error(events)?.kind, 'reset')
      assert.deepEqual(end(await unit.request(url('ha'))), { status: 200, body: '127.0.0.2' })
    })
  })
}

for (const api of ['http', 'fetch']) {
  test(`${api} names its limit on connecting after what it cut off: the lookup`, async () => {
    const dns = await startDns({ 'silent.lab.test': 'silent' })
    const unit = new TestUnit()
    try {
      await unit.start({ api, connect_timeout: '300ms' }, dns)
      const events = await unit.request('http://silent.lab.test:1323/')
      assert.equal(error(events)?.kind, 'dns-timeout', JSON.stringify(events))
    } finally {
      await unit[Symbol.asyncDispose]()
      dns.stop()
    }
  })
}

test('ends at once when its input closes, also with a lookup under way', async () => {
  const dns = await startDns({ 'silent.lab.test': 'silent' })
  const unit = new TestUnit()
  await unit.start({}, dns)
  const request = unit.request('http://silent.lab.test:1/').catch(() => 'ended')
  await unit.next('lookup-started')
  const from = performance.now()
  await unit[Symbol.asyncDispose]()
  assert.ok(performance.now() - from < 1000)
  assert.equal(await request, 'ended')
  dns.stop()
})

function kinds(events: readonly ClientEvent[]): string[] {
  return events.map(({ event }) => event)
}

function end(events: readonly ClientEvent[]) {
  const [ended] = only(events, 'request-ended')
  return { status: ended?.status, body: ended?.body }
}

function error(events: readonly ClientEvent[]) {
  return only(events, 'request-ended')[0]?.error
}
