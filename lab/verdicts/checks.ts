/**
 * The checkers: one for each key of `expect`, pure. A checker says what was expected and what was seen, and whether the
 * two agree; `undefined` means that it could not be seen.
 */
import type { Expectation, ExpectationKey, ExpectedAttempt, OneOf } from '../scenario/expectation.ts'
import type { Range } from '../scenario/values.ts'
import type { RequestSeen, ServedSeen, StepSeen } from '../timeline/timeline.ts'
import type { Reports } from './reports-of.ts'

/** `agrees` undefined: not seen, so nothing can be said. */
export interface Finding {
  readonly expected: string
  readonly seen: string
  readonly agrees: boolean | undefined
  readonly requests?: readonly number[]
}
export interface RequestContext {
  readonly request: RequestSeen
  /** The request before this one in the run. */
  readonly before: RequestSeen | undefined
  readonly reports: Reports
}
export interface StepContext {
  /** Everything that is expected of the step. */
  readonly all: Expectation
  readonly reports: Reports
}
type Value<Key extends ExpectationKey> = NonNullable<Expectation[Key]>
type ValueOfEach<Key extends ExpectationKey> = Value<Key> extends { readonly values: readonly (infer Each)[] } ? Each : never
export type RequestKey = { [Key in ExpectationKey]: Value<Key> extends { readonly each: boolean } ? Key : never }[ExpectationKey]
export type StepKey = Exclude<ExpectationKey, RequestKey | 'tolerance'>

/** Keys that speak of one request. */
export const requestChecks: { readonly [Key in RequestKey]: (expected: ValueOfEach<Key>, context: RequestContext) => Finding } = {
  served_by(expected, { request, before }) {
    const seen = servedOf(request)
    const wanted = expected.map((entry) => (entry === 'same' ? (before ? lastServed(before)?.address : undefined) : entry))
    const text = expected.map((entry, i) => (entry === 'same' ? `same (${wanted[i] ?? 'nobody before'})` : entry))
    if (seen === 'several') return { expected: anyOf(text), seen: severalServed, agrees: undefined }
    return {
      expected: anyOf(text),
      seen: seen?.address ?? nobody(request),
      agrees: wanted.includes(seen?.address ?? ''),
    }
  },
  process(expected, { request }) {
    const served = servedOf(request)
    if (served === 'several') return { expected: anyOf(expected), seen: severalServed, agrees: undefined }
    const seen = served && (served.process > 1 ? 'new' : 'old')
    return {
      expected: anyOf(expected),
      seen: served ? `${seen} (process ${served.process})` : nobody(request),
      agrees: seen !== undefined && expected.includes(seen),
    }
  },
  status: (expected, { request }) => ({
    expected: anyOf(expected),
    seen: outcomeOf(request),
    agrees: request.error === undefined && request.status !== undefined && expected.includes(request.status),
  }),
  body: (expected, { request }) => ({
    expected: `contains ${anyOf(expected.map((text) => JSON.stringify(text)))}`,
    seen: request.body === undefined ? 'no body' : JSON.stringify(shorten(request.body)),
    agrees: request.body === undefined && !request.error ? undefined : expected.some((text) => request.body?.includes(text)),
  }),
  error(expected, { request, reports }) {
    const kind = request.error?.kind
    const agrees = kind !== undefined && expected.includes(kind)
    if (kind === 'other' && !agrees && reports.why)
      return { expected: anyOf(expected), seen: `an error, its kind not seen: ${reports.why}`, agrees: undefined }
    return { expected: anyOf(expected), seen: outcomeOf(request), agrees }
  },
  message: (expected, { request }) => ({
    expected: `contains ${anyOf(expected.map((text) => JSON.stringify(text)))}`,
    seen: request.error ? JSON.stringify(request.error.message) : outcomeOf(request),
    agrees: expected.some((text) => request.error?.message.includes(text)),
  }),
  connection(expected, { request, reports }) {
    if (!reports.connections) return unreported(anyOf(expected), 'connection-used', reports.why)
    const use = request.uses.at(-1)
    const seen = use && (use.reused ? 'reused' : 'new')
    const agrees = seen !== undefined && expected.includes(seen)
    const reason = reports.newProcessEach && seen && !agrees ? ' (each request is a process of its own)' : ''
    return { expected: anyOf(expected), seen: `${seen ?? 'none'}${reason}`, agrees }
  },
  tries(expected, { request, reports }) {
    if (!reports.connections) return unreported(anyOf(expected), 'connection-used', reports.why)
    return { expected: anyOf(expected), seen: String(request.uses.length), agrees: expected.includes(request.uses.length) }
  },
  took(expected, { request }) {
    const ms = request.endedUs === undefined ? undefined : (request.endedUs - request.startedUs) / 1000
    return duringRange(expected, ms, 'not ended')
  },
  lookup_took(expected, { request, reports }) {
    if (!reports.lookups) return unreported(rangeText(expected), 'lookup-ended')
    const lookup = request.lookups.at(-1)
    const ms = lookup?.endedUs === undefined ? undefined : (lookup.endedUs - lookup.startedUs) / 1000
    return duringRange(expected, ms, lookup ? 'not ended' : 'no lookup')
  },
}

/** Keys that speak of a whole step. */
export const stepChecks: { readonly [Key in StepKey]: (expected: Value<Key>, step: StepSeen, context: StepContext) => Finding } =
  {
    resolved(expected, step, { reports }) {
      if (!reports.lookups) return unreported(list(expected), 'lookup-ended')
      const lookup = step.requests.flatMap((request) => request.lookups).at(-1)
      const seen = lookup?.endedUs === undefined ? undefined : list(lookup.addresses)
      return {
        expected: list(expected),
        seen: seen ?? (lookup ? 'a lookup that did not end' : 'no lookup'),
        agrees: seen === list(expected),
      }
    },
    answered(expected, step) {
      const answers = step.queries.flatMap(({ type, answer }) =>
        answer?.truncated === false ? [{ type, records: answer.records }] : [],
      )
      const last = (type: string) => answers.filter((answer) => answer.type === type).at(-1)
      const records = ['A', 'AAAA'].flatMap(
        (type) =>
          last(type)
            ?.records.filter((record) => record.type === type)
            .map((record) => record.data) ?? [],
      )
      const seen = step.queries.length === 0 ? 'no queries' : answers.length === 0 ? 'no answers' : list(records)
      return { expected: list(expected), seen, agrees: answers.length > 0 && list(records) === list(expected) }
    },
    attempts(expected, step, { reports }) {
      const seen = step.requests.flatMap((request) => request.attempts)
      const matches = (want: ExpectedAttempt, i: number) =>
        seen[i]?.outcome === want.outcome && (want.address === undefined || want.address === seen[i]?.address)
      const text = expected.map((want) => (want.address ? `${want.address} ${want.outcome}` : want.outcome)).join(', ') || 'none'
      if (!reports.attempts) return unreported(text, 'attempt-started', reports.why)
      return {
        expected: text,
        seen: seen.map((attempt) => `${attempt.address} ${attempt.outcome}`).join(', ') || 'none',
        agrees: seen.length === expected.length && expected.every(matches),
      }
    },
    gap(expected, step, { reports }) {
      if (!reports.attempts) return unreported(rangeText(expected), 'attempt-started', reports.why)
      const gaps = step.requests.flatMap((request) =>
        request.attempts.slice(1).map((attempt, i) => (attempt.startedUs - (request.attempts[i]?.startedUs ?? 0)) / 1000),
      )
      return {
        expected: rangeText(expected),
        seen: gaps.length === 0 ? 'fewer than two attempts' : gaps.map(msText).join(', '),
        agrees: gaps.length > 0 && gaps.every((gap) => isWithin(expected, gap)),
      }
    },
    queries(expected, step) {
      const types = step.queries.map((query) => query.type)
      if (expected.kind === 'order')
        return { expected: list(expected.types), seen: list(types), agrees: list(types) === list(expected.types) }
      const known = new Set([...Object.keys(expected.counts), ...types])
      const countOf = (type: string) => types.filter((seen) => seen === type).length
      const rangeFor = (type: string): Range => expected.counts[type as 'A'] ?? { min: 0, max: 0 }
      const text = Object.entries(expected.counts).map(([type, range]) => `${type}: ${countText(range)}`)
      return {
        expected: text.length === 0 ? 'none' : text.join(', '),
        seen: [...known].map((type) => `${type}: ${countOf(type)}`).join(', ') || 'none',
        agrees: [...known].every((type) => isWithin(rangeFor(type), countOf(type), 0)),
      }
    },
    shares(expected, step, { all: { tolerance = 0 } }) {
      const total = step.requests.length
      const countOf = (address: string) => step.requests.filter((request) => lastServed(request)?.address === address).length
      const others = step.requests.filter((request) => !((lastServed(request)?.address ?? '') in expected)).length
      return {
        expected: Object.entries(expected)
          .map(([address, share]) => `${address} ${percent(share)}`)
          .join(', ')
          .concat(` (± ${percent(tolerance)})`),
        seen: Object.keys(expected)
          .map((address) => `${address} ${percent(countOf(address) / total)}`)
          .join(', ')
          .concat(others > 0 ? `, others ${others}` : '', ` of ${total}`),
        agrees:
          others === 0 &&
          Object.entries(expected).every(([address, share]) => Math.abs(countOf(address) / total - share) <= tolerance),
      }
    },
  }

/** The server whose answer the client got: what was sent to a client that had given up served nobody. */
const lastServed = (request: RequestSeen): ServedSeen | undefined =>
  request.status === undefined ? undefined : answeredBy(request).at(-1)
const answeredBy = (request: RequestSeen) => request.served.filter((served) => served.answeredUs !== undefined)

/** As `lastServed`; a client that does not say which connection it used may leave open which of several it was. */
function servedOf(request: RequestSeen): ServedSeen | 'several' | undefined {
  const last = lastServed(request)
  const isOther = (served: ServedSeen) => served.address !== last?.address || served.process !== last.process
  return last && request.uses.length === 0 && answeredBy(request).some(isOther) ? 'several' : last
}
/** Also where a server had the request, and its answer did not come to an end. */
function nobody(request: RequestSeen): string {
  const begun = request.served.findLast((served) => served.answeredUs === undefined)
  return `nobody (${outcomeOf(request)}${begun ? `; ${begun.address} had the request and did not answer to the end` : ''})`
}
const severalServed = 'several servers answered, and the client does not report `connection-used`'

/** The client never sends this kind of event, so its absence says nothing. */
const unreported = (expected: string, event: string, why?: string): Finding => ({
  expected,
  seen: `not seen: ${why ?? `the client does not report \`${event}\``}`,
  agrees: undefined,
})

/** How a request ended, in a few words. */
export function outcomeOf(request: RequestSeen): string {
  if (request.error) return `${request.error.kind}`
  if (request.status !== undefined) return String(request.status)
  return request.endedUs === undefined ? 'not ended' : 'ended, with no status known'
}

const anyOf = (values: OneOf<string | number>): string =>
  values.length === 1 ? String(values[0]) : `one of ${values.join(', ')}`
const list = (values: readonly string[]): string => (values.length === 0 ? 'none' : values.join(', '))
const shorten = (text: string): string => (text.length > 80 ? `${text.slice(0, 79)}…` : text)
const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`

/** Timers may fire a little early: Node's 250 ms were seen down to 249.1. */
const earlyMs = 1
const isWithin = (range: Range, value: number, early = earlyMs): boolean =>
  value >= (range.min ?? 0) - early && value <= (range.max ?? Number.POSITIVE_INFINITY)

const countText = ({ min, max }: Range): string => (min === max ? String(min) : `${min ?? ''}..${max ?? ''}`)

/** Milliseconds as a person writes them. */
export function msText(ms: number): string {
  return ms >= 1000 ? `${(ms / 1000).toFixed(ms >= 10_000 ? 1 : 2)} s` : `${ms.toFixed(ms >= 100 ? 0 : 1)} ms`
}
const rangeText = ({ min, max }: Range): string => {
  if (max === undefined) return `at least ${msText(min ?? 0)}`
  return min === undefined ? `at most ${msText(max)}` : `${msText(min)} to ${msText(max)}`
}
function duringRange(range: Range, ms: number | undefined, otherwise: string): Finding {
  return {
    expected: rangeText(range),
    seen: ms === undefined ? otherwise : msText(ms),
    agrees: ms === undefined ? false : isWithin(range, ms),
  }
}
