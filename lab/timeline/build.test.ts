import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Journal, JournalEntry } from '../journal/journal.ts'
import { oneRequest, query, recorded, recordedNames, request, scenarioOf, startUs, told } from '../testing/journals.ts'
import { buildTimeline } from './build.ts'

const requestsOf = (journal: Journal) => buildTimeline(journal).steps.flatMap((step) => step.requests)

test('each query belongs to the request that was under way when it came', async () => {
  const requests = requestsOf(await recorded('all-down.node'))
  assert.deepEqual(
    requests.map((seen) => seen.queries.map(({ query: number, type }) => `${number} ${type}`)),
    [
      ['1 A', '2 AAAA'],
      ['3 A', '4 AAAA'],
    ],
  )
})

test('a delayed answer joins its query, with its own time', () => {
  const { answer, ...asked } = query(1, 'A', ['127.0.0.1'], 3)
  const late = { ms: 700, unit: 'dns', event: 'answer', query: 1, answer: { ...(answer as object), atUs: startUs + 700_000 } }
  const [seen] = requestsOf(
    told(scenarioOf(oneRequest('{ status: 200 }')), [
      [...request(1, { took: 800, status: 200 }), { ...asked, fault: 'delayed' }, late],
    ]),
  )
  assert.equal(seen?.queries[0]?.fault, 'delayed')
  assert.equal(seen?.queries[0]?.answer?.atUs, startUs + 700_000)
  assert.equal(seen?.queries[0]?.answer?.records[0]?.data, '127.0.0.1')
})

test('an unanswered query stays without an answer', async () => {
  const silent = buildTimeline(await recorded('aaaa-silent.go')).steps.at(-1)?.queries
  assert.deepEqual(silent?.map(({ type, answer }) => [type, answer !== undefined]).sort(), [
    ['A', true],
    ['AAAA', false],
    ['AAAA', false],
  ])
})

test('an attempt without an end was given up', async () => {
  const journal = (await recorded('ipv6-blackhole.go')).filter(
    (entry) => !(entry.event === 'attempt-ended' && entry.outcome === 'given_up'),
  )
  const attempts = requestsOf(journal)[1]?.attempts
  assert.deepEqual(
    attempts?.map(({ address, outcome, endedUs }) => [address, outcome, endedUs === undefined]),
    [
      ['::1', 'given_up', true],
      ['127.0.0.1', 'connected', false],
    ],
  )
})

for (const name of recordedNames) {
  test(`${name}: the order in which units are heard changes nothing`, async () => {
    const journal = await recorded(name)
    const expected = buildTimeline(journal)
    const units = [...new Set(journal.map((entry) => entry.unit))]
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat(units.length - 1)), (turns) => {
        const queues = new Map(units.map((unit) => [unit, journal.filter((entry) => entry.unit === unit)]))
        const arrived: JournalEntry[] = []
        for (const turn of turns) {
          const unit = units[turn] ?? ''
          const next = queues.get(unit)?.shift()
          if (next) arrived.push(next)
          if (arrived.length === journal.length) break
        }
        assert.deepEqual(buildTimeline(arrived), expected)
      }),
      { numRuns: 40 },
    )
  })
}

test('entries of several units that arrive in any order are put in order of their own clock', async () => {
  for (const name of recordedNames) {
    const journal = await recorded(name)
    const expected = buildTimeline(journal)
    fc.assert(
      fc.property(fc.shuffledSubarray([...journal], { minLength: journal.length }), (shuffled) => {
        // Each unit's own entries come in its own order, as they do through its channel.
        const own = new Map(journal.map(({ unit }) => [unit, journal.filter((entry) => entry.unit === unit)[Symbol.iterator]()]))
        const arrived = shuffled.flatMap(({ unit }) => own.get(unit)?.next().value ?? [])
        assert.deepEqual(buildTimeline(arrived), expected)
      }),
      { numRuns: 20 },
    )
  }
})

const two = scenarioOf(oneRequest('{ status: 200 }', { times: 2 }))
const connected = { attempts: [['127.0.0.1', 'connected', 5]], uses: ['new'], served: [['127.0.0.1', 1]], status: 200 } as const

test('what a client goes on with after a request has ended is no part of it, nor of the next one, and is kept apart', () => {
  const late = [
    { ms: 60, event: 'lookup-started', request: 1, host: 'ha.lab.test' },
    { ms: 70, event: 'attempt-started', request: 1, attempt: 900, address: '::1', port: 1323 },
    { ms: 75, event: 'attempt-ended', attempt: 900, outcome: 'connected' },
    { ms: 76, event: 'connection-used', request: 1, connection: 9, reused: false, address: '::1', port: 1323, localPort: 9 },
    { ms: 77, event: 'head-received', request: 1, status: 500 },
  ]
  const clean = requestsOf(told(two, [[...request(1, connected), ...request(2, { ...connected, at: 65 })]]))
  const withLate = requestsOf(told(two, [[...request(1, connected), ...request(2, { ...connected, at: 65 }), ...late]]))
  const withoutAfterwards = (requests: typeof clean) => requests.map(({ afterwards, ...rest }) => rest)
  assert.deepEqual(withoutAfterwards(withLate), withoutAfterwards(clean))
  assert.deepEqual(
    withLate.map(({ afterwards }) => [
      afterwards.lookups.map(({ host }) => host),
      afterwards.attempts.map(({ address, outcome }) => `${address} ${outcome}`),
    ]),
    [
      [['ha.lab.test'], ['::1 connected']],
      [[], []],
    ],
  )
})

test('what was open when the request ended stays open: an attempt is given up, a lookup has no end', () => {
  const open = request(1, { resolved: null, attempts: [['::1', null, 5]], error: 'response-timeout' })
  const late = [
    { ms: 300, event: 'attempt-ended', attempt: 100, outcome: 'connected' },
    { ms: 301, event: 'lookup-ended', request: 1, host: 'ha.lab.test', addresses: ['::1'] },
  ]
  const [seen] = requestsOf(told(scenarioOf(oneRequest('{ error: response-timeout }')), [[...open, ...late]]))
  assert.deepEqual(
    seen?.attempts.map(({ outcome, endedUs }) => [outcome, endedUs]),
    [['given_up', undefined]],
  )
  assert.deepEqual(
    seen?.lookups.map(({ addresses, endedUs }) => [addresses, endedUs]),
    [[[], undefined]],
  )
})

test('a request belongs to the step that asked for it, whatever the clock of the client says', async () => {
  const journal = await recorded('hot-restart.node')
  const perStep = (entries: Journal) => buildTimeline(entries).steps.map((step) => step.requests.map((seen) => seen.request))
  const expected = [[1], [], [2, 3], [4], [5], [], [6]]
  assert.deepEqual(perStep(journal), expected)
  for (const skewUs of [-40_000, 40_000]) {
    assert.deepEqual(
      perStep(journal.map((entry) => (entry.unit === 'client' ? { ...entry, atUs: entry.atUs + skewUs } : entry))),
      expected,
    )
  }
})

test('a request that is reported twice counts once', () => {
  const events = request(1, connected)
  const requests = requestsOf(
    told(scenarioOf(oneRequest('{ status: 200 }')), [[...events, { ms: 3, event: 'request-started', request: 1 }]]),
  )
  assert.equal(requests.length, 1)
})

test('a server that answers a request late does not serve the next one', () => {
  const forFirst = [
    {
      ms: 66,
      unit: 'servers',
      event: 'request-received',
      address: '127.0.0.2',
      process: 1,
      peerPort: 40_001,
      method: 'GET',
      host: '',
      path: '/',
    },
    { ms: 120, unit: 'servers', event: 'response-sent', address: '127.0.0.2', process: 1, peerPort: 40_001, status: 200 },
  ]
  const [, second] = requestsOf(
    told(two, [
      [...request(1, { uses: ['new'], error: 'response-timeout' }), ...request(2, { ...connected, at: 65 }), ...forFirst],
    ]),
  )
  assert.deepEqual(
    second?.served.map(({ address }) => address),
    ['127.0.0.1'],
  )
})

test('a fault carries its evidence, its end and what its rule counted', async () => {
  const { steps } = buildTimeline(await recorded('ipv6-blackhole.go'))
  const fault = steps[1]?.fault
  assert.equal(fault?.mechanism, 'nft')
  assert.match(fault?.evidence.join() ?? '', /ip6 daddr ::1 tcp dport 1323 .* drop/)
  assert.equal(fault?.liftedBy, 3)
  assert.ok((fault?.counted ?? 0) >= 2, 'one SYN for each request at least')
})

test('a repeated request shows each connection it was sent on', async () => {
  const uses = (name: 'stale-connection.go' | 'stale-connection.node') =>
    recorded(name).then((journal) => requestsOf(journal)[1]?.uses.map(({ reused }) => reused))
  assert.deepEqual(await uses('stale-connection.go'), [true, false])
  assert.deepEqual(await uses('stale-connection.node'), [true])
})

test('around a hot restart the process tells who served', async () => {
  const requests = requestsOf(await recorded('hot-restart.node'))
  assert.deepEqual(
    requests.map((seen) => seen.served.at(-1)?.process),
    [1, 1, 1, 2, 1, 2],
  )
})

test('a journal without run-started is refused', () => {
  assert.throws(() => buildTimeline([]), /begins with run-started/)
})
