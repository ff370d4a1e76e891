/** From what a client did to the verdict, with emphasis on what a verdict must not say. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Journal } from '../journal/journal.ts'
import {
  judged,
  oneRequest,
  query,
  recorded,
  recordedNames,
  request,
  scenarioOf,
  startUs,
  type ToldRequest,
  told,
} from '../testing/journals.ts'
import { buildTimeline } from '../timeline/build.ts'
import { judge } from './judge.ts'

const good: ToldRequest = {
  resolved: ['::1', '127.0.0.1'],
  attempts: [
    ['::1', 'refused', 5],
    ['127.0.0.1', 'connected', 10],
  ],
  uses: ['new'],
  served: [['127.0.0.1', 1]],
  status: 200,
  body: 'Hello',
}
const failed: ToldRequest = { resolved: [], error: 'name-not-found', message: 'no such host' }
/** A client that sends only what it must: that a request began, and how it ended. */
const terse: ToldRequest = { status: 200, served: [['127.0.0.1', 1]] }
const bothQueries = [query(1, 'A', ['127.0.0.1', '127.0.0.2']), query(2, 'AAAA', ['::1'])]

type Row = readonly [expect: string, what: ToldRequest, outcome: 'pass' | 'fail' | 'inconclusive', seen?: RegExp]
const rows: readonly Row[] = [
  ['{ status: 200 }', good, 'pass', /^200$/],
  ['{ status: 500 }', good, 'fail', /^200$/],
  ['{ status: { one_of: [200, 204] } }', good, 'pass'],
  ['{ status: 200 }', failed, 'fail', /name-not-found/],
  ['{ status: 200 }', { ...good, error: 'body-incomplete' }, 'fail', /body-incomplete/],
  ['{ body: ell }', good, 'pass'],
  ['{ body: Bye }', good, 'fail', /Hello/],
  ['{ body: Hello }', terse, 'inconclusive', /no body/],
  ['{ body: Hello }', failed, 'fail'],
  ['{ error: name-not-found }', failed, 'pass'],
  ['{ error: { one_of: [reset, closed] } }', failed, 'fail', /name-not-found/],
  ['{ error: reset }', good, 'fail', /^200$/],
  ['{ message: such host }', failed, 'pass'],
  ['{ message: refused }', failed, 'fail', /no such host/],
  ['{ message: such host }', good, 'fail'],
  ['{ served_by: 127.0.0.1 }', good, 'pass'],
  ['{ served_by: 127.0.0.2 }', good, 'fail', /127\.0\.0\.1/],
  ['{ served_by: { one_of: [127.0.0.2, 127.0.0.1] } }', good, 'pass'],
  ['{ served_by: 127.0.0.1 }', terse, 'pass'],
  ['{ served_by: 127.0.0.1 }', failed, 'fail', /nobody/],
  // The server answered, but the client had gone: nobody was served.
  [
    '{ served_by: 127.0.0.1 }',
    { ...terse, status: undefined, error: 'response-timeout' } as unknown as ToldRequest,
    'fail',
    /nobody \(response-timeout\)/,
  ],
  // Two answered, and the client does not say on which connection it was.
  [
    '{ served_by: 127.0.0.2 }',
    {
      ...terse,
      served: [
        ['127.0.0.1', 1],
        ['127.0.0.2', 1],
      ],
    },
    'inconclusive',
    /several/,
  ],
  ['{ connection: new }', good, 'pass'],
  ['{ connection: reused }', good, 'fail', /new/],
  ['{ connection: new }', { ...good, uses: ['reused', 'new'] }, 'pass'],
  ['{ connection: new }', failed, 'fail', /none/],
  ['{ tries: 1 }', good, 'pass'],
  ['{ tries: { one_of: [2, 3] } }', good, 'fail', /^1$/],
  ['{ tries: 0 }', failed, 'pass'],
  ['{ took: 50ms.. }', good, 'pass'],
  ['{ took: 51ms.. }', good, 'pass'], // timers may fire 1 ms early
  ['{ took: 52ms.. }', good, 'fail', /50\.0 ms/],
  ['{ took: ..50ms }', good, 'pass'],
  ['{ took: ..49ms }', good, 'fail'],
  ['{ lookup_took: 2ms..3ms }', good, 'pass'],
  ['{ lookup_took: ..1ms }', good, 'fail', /2\.0 ms/],
  ['{ lookup_took: ..1s }', { ...good, resolved: null }, 'fail', /not ended/],
  ['{ resolved: ["::1", 127.0.0.1] }', good, 'pass'],
  ['{ resolved: [127.0.0.1, "::1"] }', good, 'fail', /::1, 127\.0\.0\.1/],
  ['{ resolved: [] }', { ...good, resolved: null }, 'fail', /did not end/],
  ['{ answered: [127.0.0.1, 127.0.0.2, "::1"] }', good, 'pass'],
  ['{ answered: [127.0.0.2, 127.0.0.1, "::1"] }', good, 'fail'],
  ['{ attempts: ["::1": refused, 127.0.0.1: connected] }', good, 'pass'],
  ['{ attempts: [refused, connected] }', good, 'pass'],
  ['{ attempts: ["::1": refused] }', good, 'fail'], // the list is complete
  ['{ attempts: [127.0.0.1: connected] }', good, 'fail', /::1 refused, 127\.0\.0\.1 connected/],
  ['{ attempts: [127.0.0.1: refused, "::1": connected] }', good, 'fail'],
  ['{ attempts: [refused, connected, connected] }', good, 'fail'],
  ['{ attempts: [] }', failed, 'pass', /none/],
  ['{ gap: 5ms..6ms }', good, 'pass'],
  ['{ gap: 7ms.. }', good, 'fail', /5\.0 ms/],
  ['{ gap: ..1s }', failed, 'fail', /fewer than two/],
  ['{ queries: { A: 1, AAAA: 1 } }', good, 'pass'],
  ['{ queries: { A: 1 } }', good, 'fail', /AAAA: 1/], // a type not named is not expected
  ['{ queries: { A: 1.., AAAA: 0..1 } }', good, 'pass'],
  ['{ queries: { A: 2, AAAA: 1 } }', good, 'fail'],
  ['{ queries: none }', good, 'fail', /A: 1, AAAA: 1/],
  ['{ queries: [A, AAAA] }', good, 'pass'],
  ['{ queries: [AAAA, A] }', good, 'fail'],
]
for (const [expect, what, outcome, seen] of rows) {
  const told = Object.entries(what).map(([key, value]) => `${key} ${JSON.stringify(value)}`)
  test(`${expect}: ${outcome} when ${told.join(', ')}`, () => {
    const { checks } = judged(scenarioOf(oneRequest(expect)), [[...request(1, what), ...bothQueries]])
    assert.equal(checks.length, 1)
    assert.equal(checks[0]?.outcome, outcome, JSON.stringify(checks[0]))
    assert.match(checks[0]?.seen ?? '', seen ?? /./)
  })
}

const unseen = [
  ['{ attempts: [] }', /attempt-started/],
  ['{ attempts: [refused, connected] }', /attempt-started/],
  ['{ attempts: [refused, connected], gap: ..1s }', /attempt-started/],
  ['{ resolved: [] }', /lookup-ended/],
  ['{ resolved: ["::1"] }', /lookup-ended/],
  ['{ lookup_took: ..1s }', /lookup-ended/],
  ['{ connection: new }', /connection-used/],
  ['{ tries: 0 }', /connection-used/],
] as const
for (const [expect, event] of unseen) {
  test(`${expect} is inconclusive for a client that never reports what it rests on`, () => {
    const verdict = judged(scenarioOf(oneRequest(expect), 'mine'), [[...request(1, terse), ...bothQueries]])
    assert.equal(verdict.outcome, 'inconclusive')
    for (const check of verdict.checks) {
      assert.equal(check.outcome, 'inconclusive')
      assert.match(check.seen, event)
    }
  })
}

test('a client that has reported a kind of event once is believed when it reports none', () => {
  const steps = `${oneRequest('{ status: 200 }')}${oneRequest('{ attempts: [], connection: reused, resolved: ["::1"] }')}`
  const second = { uses: ['reused'], served: [['127.0.0.1', 1]], status: 200 } as const
  const { checks } = judged(scenarioOf(steps, 'mine'), [request(1, good), request(2, second)])
  const outcomes = Object.fromEntries(checks.map((check) => [check.key, check.outcome]))
  assert.deepEqual(outcomes, { status: 'pass', attempts: 'pass', connection: 'pass', resolved: 'fail' })
})

test('answered: [] needs an answer: without queries, or without answers, it fails', () => {
  const outcome = (queries: Parameters<typeof judged>[1][number]) =>
    judged(scenarioOf(oneRequest('{ answered: [] }')), [[...request(1, failed), ...queries]]).outcome
  assert.equal(outcome([query(1, 'A', [])]), 'pass')
  assert.equal(outcome([query(1, 'A', null)]), 'fail')
  assert.equal(outcome([]), 'fail')
})

test('same is the server of the request before, in the step before too', () => {
  const by = (address: string): ToldRequest => ({ ...good, served: [[address, 1]] })
  const steps = `${oneRequest('{ status: 200 }')}${oneRequest('{ served_by: same }')}`
  const outcome = (one: ToldRequest, other: ToldRequest) =>
    judged(scenarioOf(steps), [request(1, one), request(2, other)]).outcome
  assert.equal(outcome(by('127.0.0.1'), by('127.0.0.1')), 'pass')
  assert.equal(outcome(by('127.0.0.1'), by('127.0.0.2')), 'fail')
  assert.equal(outcome(failed, failed), 'fail') // nobody is not the same as nobody
})

test('a list has one entry per repetition, a scalar holds for each', () => {
  const scenario = (expect: string) => scenarioOf(oneRequest(expect, { times: 2 }))
  const seen = [[...request(1, good), ...request(2, { ...good, at: 100, uses: ['reused'] })]]
  assert.deepEqual(
    judged(scenario('{ connection: [new, reused] }'), seen).checks.map(({ repetition, outcome }) => [repetition, outcome]),
    [
      [0, 'pass'],
      [1, 'pass'],
    ],
  )
  assert.deepEqual(
    judged(scenario('{ connection: [reused, new] }'), seen).checks.map(({ outcome }) => outcome),
    ['fail', 'fail'],
  )
  assert.deepEqual(
    judged(scenario('{ connection: new }'), seen).checks.map(({ outcome, requests }) => [outcome, requests]),
    [
      ['pass', [1]],
      ['fail', [2]],
    ],
  )
})

test('shares hold within the tolerance and not beyond it', () => {
  const seen = ['127.0.0.1', '127.0.0.1', '127.0.0.1', '127.0.0.2'].flatMap((address, i) =>
    request(i + 1, { ...good, at: 1 + i * 100, served: [[address, 1]] }),
  )
  const outcome = (shares: string, tolerance: number) =>
    judged(scenarioOf(oneRequest(`{ shares: ${shares}, tolerance: ${tolerance} }`, { times: 4 })), [seen]).outcome
  assert.equal(outcome('{ 127.0.0.1: 0.75, 127.0.0.2: 0.25 }', 0.01), 'pass')
  assert.equal(outcome('{ 127.0.0.1: 0.5, 127.0.0.2: 0.5 }', 0.25), 'pass')
  assert.equal(outcome('{ 127.0.0.1: 0.5, 127.0.0.2: 0.5 }', 0.24), 'fail')
  assert.equal(outcome('{ 127.0.0.1: 1 }', 0.3), 'fail') // the others were served by somebody else
})

test('`but` replaces single keys for its client, and an error there takes the place of the shared status', () => {
  const but = '    but: { node: { error: name-not-found } }\n'
  const checks = judged(scenarioOf(oneRequest('{ status: 200, served_by: 127.0.0.1, tries: 0 }', { but })), [
    request(1, failed),
  ]).checks
  assert.deepEqual(
    checks.map(({ key, outcome }) => [key, outcome]),
    [
      ['tries', 'pass'],
      ['error', 'pass'],
    ],
  )
})

test('a failed check outweighs an inconclusive one; an inconclusive one outweighs those that passed', () => {
  const outcome = (expect: string) => judged(scenarioOf(oneRequest(expect), 'mine'), [request(1, terse)]).outcome
  assert.equal(outcome('{ status: 200 }'), 'pass')
  assert.equal(outcome('{ status: 200, tries: 1 }'), 'inconclusive')
  assert.equal(outcome('{ status: 500, tries: 1 }'), 'fail')
})

const trouble = (code: string) => ({ ms: 8000, unit: 'lab', event: 'trouble', code, message: 'something', remedy: 'do that' })
for (const [code, outcome] of [
  ['CLIENT_BROKEN', 'inconclusive'],
  ['RUN_TIMEOUT', 'inconclusive'],
  ['CAPABILITY_MISSING', 'inconclusive'],
  ['NOT_IN_FORCE', 'inconclusive'],
  ['UNIT_FAILED', 'broken'],
  ['PORT_TAKEN', 'broken'],
  ['never heard of', 'broken'],
] as const) {
  test(`${code} makes the run ${outcome}, with its reason and remedy, although all checks passed`, () => {
    const verdict = judged(scenarioOf(oneRequest('{ status: 200 }')), [[...request(1, good), trouble(code)]])
    assert.equal(verdict.outcome, outcome)
    assert.deepEqual(verdict.reasons, [{ message: 'something', remedy: 'do that' }])
  })
}

test('what failed before the trouble has failed', () => {
  assert.equal(judged(scenarioOf(oneRequest('{ status: 500 }')), [[...request(1, good), trouble('RUN_TIMEOUT')]]).outcome, 'fail')
})

const stopped = `  - stop: 127.0.0.2\n${oneRequest('{ status: 200 }')}`
const inForce = { ms: 1, unit: 'lab', event: 'in-force', step: 0, mechanism: 'server', evidence: ['no LISTEN row'] }

test('a fault that nothing met makes the run inconclusive, and `may_miss: true` does not mind', () => {
  const met = request(1, { ...good, attempts: [['127.0.0.2', 'refused', 1]] })
  assert.equal(judged(scenarioOf(stopped), [[inForce], met]).outcome, 'pass')
  const missed = judged(scenarioOf(stopped), [[inForce], request(1, good)])
  assert.equal(missed.outcome, 'inconclusive')
  assert.match(missed.reasons[0]?.message ?? '', /Nothing met the fault of step 1 \(stop: 127\.0\.0\.2\)/)
  assert.equal(
    judged(scenarioOf(stopped.replace('stop: 127.0.0.2', 'stop: 127.0.0.2\n    may_miss: true')), [[inForce], request(1, good)])
      .outcome,
    'pass',
  )
})

test('a fault that is met only after it was lifted was not met', () => {
  const steps = `  - stop: 127.0.0.2\n  - lift: stop\n${oneRequest('{ status: 200 }')}`
  const lifted = { ms: 1, unit: 'lab', event: 'lifted', step: 1, fault: 0, evidence: [] }
  const refused = request(1, { ...good, attempts: [['127.0.0.2', 'refused', 1]] })
  assert.equal(judged(scenarioOf(steps), [[inForce], [lifted], refused]).outcome, 'inconclusive')
})

test('a client that never says that a request began has shown nothing', () => {
  const ended = request(1, good).filter((event) => event.event === 'request-ended')
  const verdict = judged(scenarioOf(oneRequest('{ status: 200, queries: { A: 1, AAAA: 1 } }')), [[...ended, ...bothQueries]])
  assert.equal(verdict.outcome, 'inconclusive')
  assert.match(verdict.reasons[0]?.message ?? '', /reported 0 of the 1 requests of step 1/)
})

test('a journal that was cut off never passes', async () => {
  for (const name of recordedNames) {
    const journal = await recorded(name)
    assert.equal(judge(buildTimeline(journal)).outcome, 'pass')
    const lastStep = journal.findLastIndex((entry) => entry.event === 'step-ended')
    for (let length = 1; length <= lastStep; length++) {
      const verdict = judge(buildTimeline(journal.slice(0, length)))
      assert.notEqual(verdict.outcome, 'pass', `${name}, ${length} of ${journal.length} entries`)
      assert.ok(verdict.reasons.length > 0)
    }
  }
})

/** Taking away one event of a client may leave a verdict as it is, or take it to `fail` or `inconclusive`; what a server or DNS saw as well. */
test('a step without a verdict on its requests cannot pass: taking out every event of a request does not help', async () => {
  const journal = await recorded('stale-connection.node')
  for (const number of [1, 2, 3, 4]) {
    const without: Journal = journal.filter((entry) => !('request' in entry && entry.request === number))
    assert.notEqual(judge(buildTimeline(without)).outcome, 'pass', `without request ${number}`)
  }
})

test('a variant called like a property of every object has no `but` of its own', () => {
  const scenario = scenarioOf(oneRequest('{ status: 200 }'), 'mine')
  const named = { ...scenario, variants: [{ name: 'constructor', client: 'constructor', settings: {} }] }
  assert.equal(judge(buildTimeline(told(named, [request(1, terse)]))).outcome, 'pass')
})

test('judging is pure: the same journal gives the same verdict, and times of another day change nothing', async () => {
  const journal = await recorded('all-down.node')
  const verdict = judge(buildTimeline(journal))
  const shift = startUs - (journal[0]?.atUs ?? 0)
  const moved = JSON.parse(JSON.stringify(journal), (key, value: unknown) =>
    key === 'atUs' ? Number(value) + shift : value,
  ) as Journal
  assert.deepEqual(judge(buildTimeline(moved)), verdict)
})
