/** Clients that report nothing themselves: what is read from packets and servers, and what is not known of them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Journal, JournalEntry } from '../journal/journal.ts'
import { oneRequest, request, scenarioOf, startUs, type ToldRequest, told } from '../testing/journals.ts'
import { buildTimeline } from '../timeline/build.ts'
import { judge } from './judge.ts'

/** As a command client's unit reports it: no lookup, no status. */
const seen: ToldRequest = { attempts: [['127.0.0.1', 'connected', 5]], uses: ['new'], served: [['127.0.0.1', 1]] }
const unseen: ToldRequest = { served: [['127.0.0.1', 1]] }
const noTcpdump = { reason: 'tcpdump is not on this machine', remedy: 'install it' }

function observed(journal: Journal, why?: typeof noTcpdump): Journal {
  const entry = { unit: 'lab', atUs: startUs - 15_000, event: 'client-observed', unseen: why } as JournalEntry
  return [...journal.slice(0, 1), entry, ...journal.slice(1)]
}
const verdictOf = (expect: string, what: ToldRequest, why?: typeof noTcpdump) =>
  judge(buildTimeline(observed(told(scenarioOf(oneRequest(expect), 'mine'), [request(1, what)]), why)))

test('a client that reports neither status nor error got the status that the server sent last', () => {
  const [step] = buildTimeline(
    told(scenarioOf(oneRequest('{ status: 200 }'), 'mine'), [request(1, { ...seen, served: [['127.0.0.1', 1]] })]),
  ).steps
  assert.equal(step?.requests[0]?.status, 200)
})

test('a client that reports an error got no status, whatever the server sent', () => {
  const [step] = buildTimeline(
    told(scenarioOf(oneRequest('{ status: 200 }'), 'mine'), [request(1, { ...seen, error: 'reset' })]),
  ).steps
  assert.equal(step?.requests[0]?.status, undefined)
})

test('a client that ended well with no server asked has no status', () => {
  const verdict = verdictOf('{ status: 200 }', {})
  assert.deepEqual(
    verdict.checks.map(({ outcome, seen: text }) => [outcome, text]),
    [['fail', 'ended, with no status known']],
  )
})

const rows: readonly [expect: string, what: ToldRequest, why: typeof noTcpdump | undefined, outcome: string, seen: RegExp][] = [
  ['{ served_by: 127.0.0.1 }', seen, undefined, 'pass', /127\.0\.0\.1/],
  ['{ attempts: [connected] }', seen, undefined, 'pass', /connected/],
  ['{ attempts: [refused] }', seen, undefined, 'fail', /connected/],
  ['{ connection: new }', seen, undefined, 'pass', /^new$/],
  ['{ connection: reused }', seen, undefined, 'fail', /a process of its own/],
  ['{ resolved: [127.0.0.1] }', seen, undefined, 'inconclusive', /lookup-ended/],
  ['{ attempts: [connected] }', unseen, noTcpdump, 'inconclusive', /tcpdump/],
  ['{ connection: new }', unseen, noTcpdump, 'inconclusive', /tcpdump/],
  ['{ error: reset }', { error: 'other' }, noTcpdump, 'inconclusive', /its kind not seen: tcpdump/],
  ['{ error: reset }', { error: 'other' }, undefined, 'fail', /^other$/],
  ['{ error: other }', { error: 'other' }, noTcpdump, 'pass', /^other$/],
  ['{ error: reset }', { error: 'closed' }, noTcpdump, 'fail', /^closed$/],
  ['{ status: 200 }', unseen, noTcpdump, 'pass', /200/],
]
for (const [expect, what, why, outcome, text] of rows) {
  test(`${expect} of a command ${why ? 'without' : 'with'} packets is ${outcome}`, () => {
    const { checks, reasons } = verdictOf(expect, what, why)
    assert.deepEqual(
      checks.map((check) => check.outcome),
      [outcome],
    )
    assert.match(checks[0]?.seen ?? '', text)
    assert.equal(
      reasons.some(({ remedy }) => remedy === noTcpdump.remedy),
      outcome === 'inconclusive' && why !== undefined,
    )
  })
}

const faulty = (lift: string) =>
  scenarioOf(`  - unreachable: 127.0.0.1\n${lift}${oneRequest('{ attempts: [connected] }')}`, 'mine')

test('while a route is missing, packets do not show every attempt', () => {
  const inForce = { ms: 1, unit: 'lab', event: 'in-force', step: 0, mechanism: 'ip rule', evidence: [] }
  const verdict = judge(buildTimeline(observed(told(faulty(''), [[inForce], request(1, seen)]))))
  assert.deepEqual(
    verdict.checks.map((check) => check.outcome),
    ['inconclusive'],
  )
  assert.match(verdict.reasons[0]?.message ?? '', /It was not seen whether anything met/)
})

test('once the route is back, they do', () => {
  const inForce = { ms: 1, unit: 'lab', event: 'in-force', step: 0, mechanism: 'ip rule', evidence: [] }
  const lifted = { ms: 1, unit: 'lab', event: 'lifted', step: 1, fault: 0, evidence: [] }
  const verdict = judge(buildTimeline(observed(told(faulty('  - lift: unreachable\n'), [[inForce], [lifted], request(1, seen)]))))
  assert.deepEqual(
    verdict.checks.map((check) => check.outcome),
    ['pass'],
  )
})
