/**
 * What a request step can expect. Keys that speak of one request (`status`, `served_by`, …) take one value for every
 * repetition, or a list with one entry per repetition; `one_of` means any of several. `queries`, `attempts`, `answered`
 * and `shares` speak of the whole step.
 */
import { z } from 'zod'
import type { AttemptOutcome, RecordType } from '../../unit/protocol.ts'
import { address, count, durationRange, fraction, type Range } from './values.ts'

/** Allowed values: any of them will do. */
export type OneOf<T> = readonly T[]
/** One entry for every repetition, or one entry for each. */
export interface PerRequest<T> {
  readonly each: boolean
  readonly values: readonly T[]
}

/** One expected attempt; without an address, to any. */
export interface ExpectedAttempt {
  readonly address?: string
  readonly outcome: AttemptOutcome
}
export type ExpectedQueries =
  | { readonly kind: 'counts'; readonly counts: Readonly<Partial<Record<RecordType, Range>>> }
  | { readonly kind: 'order'; readonly types: readonly RecordType[] }

const outcomes = ['connected', 'refused', 'reset', 'unreachable', 'timed_out', 'given_up', 'failed'] as const
export const errorKinds = [
  'connection-refused',
  'connect-timeout',
  'reset',
  'closed',
  'unreachable',
  'name-not-found',
  'dns-failure',
  'dns-timeout',
  'response-timeout',
  'body-incomplete',
  'other',
] as const

const someText = z.string().min(1, { error: 'every text contains the empty one: write what must be in it' })

export const expectation = z
  .strictObject({
    served_by: perRequest(
      oneOf(
        z.union([address, z.literal('same')], { error: 'expected the address of a server, or `same` as the request before' }),
      ),
    ).describe('The address that answered, seen from the server: a literal, `one_of` several, or `same` as the request before.'),
    process: perRequest(oneOf(z.enum(['old', 'new']))).describe('Which process of that address answered, around a hot restart.'),
    status: perRequest(oneOf(z.int({ error: 'expected an HTTP status such as 200' }).min(100).max(599))).describe(
      'The HTTP status.',
    ),
    body: perRequest(oneOf(someText)).describe('Text that the body contains.'),
    error: perRequest(oneOf(z.enum(errorKinds))).describe('The kind of error the client reported.'),
    message: perRequest(oneOf(someText)).describe("Text that the client's own error message contains."),
    connection: perRequest(oneOf(z.enum(['new', 'reused']))).describe('Whether the (last) connection was new or reused.'),
    tries: perRequest(oneOf(z.int().min(0))).describe('How often the client sent the request, its own repeats included.'),
    took: perRequest(durationRange).describe('Time from the start of the request to its end.'),
    lookup_took: perRequest(durationRange).describe('Time of the name lookup, as the client saw it.'),
    resolved: z.array(address).describe('The addresses the resolver gave the client, in that order.'),
    attempts: z
      .array(attempt())
      .describe(
        'All connection attempts of the step, complete and in order: `127.0.0.1: refused`, or an outcome alone for any address.',
      ),
    gap: durationRange.describe('Time between the starts of two attempts that follow each other, for every such pair.'),
    answered: z.array(address).describe('The addresses in the last A (or AAAA) answers of the DNS server, A first.'),
    queries: queries(),
    shares: z.record(address, fraction).describe('The share of the requests that each address served.'),
    tolerance: z.number().gt(0).lt(1).describe('How far each share may be off, as a part of all requests.'),
  })
  .partial()
  .meta({ id: 'expectation', description: 'What must be seen in this step.' })
export type Expectation = z.output<typeof expectation>
export type ExpectationKey = keyof Expectation

/** Words for a value of another kind only; other problems of the value have their own. */
function typeError(expected: string) {
  return (issue: { readonly code?: string }): string | undefined => (issue.code === 'invalid_type' ? expected : undefined)
}

function oneOf<T extends z.ZodType>(value: T) {
  return z.union([
    value.transform((one): OneOf<z.output<T>> => [one]),
    z
      .strictObject(
        { one_of: z.array(value).min(1).describe('Any of these will do.') },
        { error: typeError('expected { one_of: […] }') },
      )
      .transform((any): OneOf<z.output<T>> => any.one_of),
  ])
}

function perRequest<T extends z.ZodType>(value: T) {
  return z.union([
    value.transform((one): PerRequest<z.output<T>> => ({ each: false, values: [one] })),
    z
      .array(value, { error: typeError('expected a list with one entry per repetition') })
      .min(1)
      .transform((list): PerRequest<z.output<T>> => ({ each: true, values: list })),
  ])
}

/** `127.0.0.1: refused` (a map of one) or `refused`. */
function attempt() {
  const outcome = z.enum(outcomes)
  return z
    .union([outcome, z.record(address, outcome).meta({ minProperties: 1, maxProperties: 1 })], {
      error: `expected \`address: outcome\` or an outcome alone (${outcomes.join(', ')})`,
    })
    .transform((given, context): ExpectedAttempt => {
      if (typeof given === 'string') return { outcome: given }
      const [entry, more] = Object.entries(given)
      if (entry && !more) return { address: entry[0], outcome: entry[1] }
      context.addIssue({ code: 'custom', message: 'one attempt is one `address: outcome`' })
      return z.NEVER
    })
}

/** `none`, counts by type (`{ A: 1, AAAA: 1 }`, types not named: none), or the types in order (`[A, AAAA]`). */
function queries() {
  const type = z.enum(['A', 'AAAA'])
  return z
    .union([z.literal('none'), z.partialRecord(type, count), z.array(type)], {
      error: 'expected `none`, counts such as { A: 1, AAAA: 1 }, or types in order such as [A, AAAA]',
    })
    .transform((given): ExpectedQueries => {
      if (given === 'none') return { kind: 'counts', counts: {} }
      return Array.isArray(given) ? { kind: 'order', types: given } : { kind: 'counts', counts: given }
    })
    .describe('The queries that the DNS server received in this step.')
}
