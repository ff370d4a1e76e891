/** Journals for tests: recorded ones from files, and made-up ones told in a few words, with times in ms. */
import { join } from 'node:path'
import type { AttemptOutcome, ErrorKind } from '../../unit/protocol.ts'
import { readJournals } from '../journal/file.ts'
import { type Journal, type JournalEntry, journalVersion } from '../journal/journal.ts'
import { packageRoot } from '../paths.ts'
import { parseScenario } from '../scenario/parse.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { buildTimeline } from '../timeline/build.ts'
import { judge } from '../verdicts/judge.ts'
import type { Verdict } from '../verdicts/verdict.ts'

export const recordedNames = [
  'all-down.node',
  'ipv6-blackhole.go',
  'hot-restart.node',
  'aaaa-silent.go',
  'stale-connection.go',
  'stale-connection.node',
] as const
export const recordedFile = (name: (typeof recordedNames)[number]): string =>
  join(packageRoot, 'lab', 'testing', 'journals', `${name}.jsonl`)

/** A journal as a real run wrote it. */
export async function recorded(name: (typeof recordedNames)[number]): Promise<Journal> {
  const [journal] = await readJournals(recordedFile(name))
  if (!journal) throw new Error(`${name} holds no journal`)
  return journal
}

type Loose = { readonly ms: number; readonly unit?: string; readonly event: string; readonly [field: string]: unknown }

export const startUs = 1_700_000_000_000_000

/** A scenario from the text of its steps; its client is `mine`, a program that the lab knows nothing about, or `node`. */
export function scenarioOf(steps: string, client: 'mine' | 'node' = 'node'): Scenario {
  const text = `title: t\nclients: [${client}]\nservers: [127.0.0.1, 127.0.0.2, "::1"]\ndns:\n  ha.lab.test: { A: [127.0.0.1, 127.0.0.2], AAAA: ["::1"] }\nsteps:\n${steps}`
  const parsed = parseScenario(text, 'told', ['mine'])
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return parsed.scenario
}

/** One request step with this `expect` (YAML in flow style). */
export const oneRequest = (expect: string, { times = 1, but = '' } = {}): string =>
  `  - request: http://ha.lab.test:1323/\n    times: ${times}\n    expect: ${expect}\n${but}`

/** The journal of a run: each step's own events, in the order they arrived. */
export function told(scenario: Scenario, steps: readonly (readonly Loose[])[], { isCut = false } = {}): Journal {
  const variant = scenario.variants[0]
  if (!variant) throw new Error('no client')
  const entry = ({ ms, unit = 'client', ...rest }: Loose) =>
    ({ unit, atUs: startUs + Math.round(ms * 1000), ...rest }) as unknown as JournalEntry
  const played = steps.flatMap((events, step) => {
    const from = step * 10_000
    return [
      entry({ ms: from, unit: 'lab', event: 'step-started', step }),
      ...events.map((event) => entry({ ...event, ms: event.ms + from })),
      entry({ ms: from + 9000, unit: 'lab', event: 'step-ended', step }),
    ]
  })
  return [
    entry({
      ms: -20,
      unit: 'lab',
      event: 'run-started',
      run: { journalVersion, scenario, variant, seed: 1, repetition: 1, runtime: 'netns' },
    }),
    entry({ ms: -10, event: 'ready', client: variant.client, version: '1', resolver: 'its own' }),
    ...played,
    ...(isCut ? [] : [entry({ ms: steps.length * 10_000, unit: 'lab', event: 'run-ended' })]),
  ]
}

export const judged = (scenario: Scenario, steps: readonly (readonly Loose[])[]): Verdict =>
  judge(buildTimeline(told(scenario, steps)))

export interface ToldRequest {
  /** When it starts, in its step. */
  readonly at?: number
  readonly took?: number
  /** Absent: no lookup; without an end: `null`. */
  readonly resolved?: readonly string[] | null
  /** Address, outcome (null: no end), and when it starts, after the request. */
  readonly attempts?: readonly (readonly [address: string, outcome: AttemptOutcome | null, atMs: number])[]
  readonly uses?: readonly ('new' | 'reused')[]
  /** Address and process of each server that answered. */
  readonly served?: readonly (readonly [address: string, process: number])[]
  readonly status?: number
  readonly body?: string
  readonly error?: ErrorKind
  readonly message?: string
}

/** The events of one request, as a client, the servers and nobody else report them. */
export function request(number: number, told: ToldRequest): Loose[] {
  const { at = 1, took = 50, resolved, attempts = [], uses = [], served = [], status, body, error, message = 'it failed' } = told
  const port = 40_000 + number
  const events: Loose[] = [{ ms: at, event: 'request-started', request: number }]
  if (resolved !== undefined) events.push({ ms: at + 0.5, event: 'lookup-started', request: number, host: 'ha.lab.test' })
  if (resolved) events.push({ ms: at + 2.5, event: 'lookup-ended', request: number, host: 'ha.lab.test', addresses: resolved })
  for (const [index, [address, outcome, atMs]] of attempts.entries()) {
    const attempt = number * 100 + index
    events.push({ ms: at + atMs, event: 'attempt-started', request: number, attempt, address, port: 1323 })
    if (outcome) events.push({ ms: at + atMs + 1, event: 'attempt-ended', attempt, outcome })
  }
  for (const [index, use] of uses.entries()) {
    const address = served.at(index)?.[0] ?? '127.0.0.1'
    events.push({
      ms: at + took - 5 + index,
      event: 'connection-used',
      request: number,
      connection: number,
      reused: use === 'reused',
      address,
      port: 1323,
      localPort: port,
    })
  }
  for (const [index, [address, process]] of served.entries()) {
    const ms = at + took - 4 + index
    events.push({
      ms,
      unit: 'servers',
      event: 'request-received',
      address,
      process,
      peerPort: port,
      method: 'GET',
      host: 'ha.lab.test',
      path: '/',
    })
    events.push({
      ms: ms + 0.5,
      unit: 'servers',
      event: 'response-sent',
      address,
      process,
      peerPort: port,
      status: status ?? 200,
    })
  }
  const failure = error && { kind: error, message }
  events.push({
    ms: at + took,
    event: 'request-ended',
    request: number,
    ...(status === undefined ? {} : { status }),
    ...(body === undefined ? {} : { body }),
    ...(failure ? { error: failure } : {}),
  })
  return events
}

/** A query with its answer; `records` null: none was sent. */
export const query = (number: number, type: string, records: readonly string[] | null, ms = 2): Loose => ({
  ms,
  unit: 'dns',
  event: 'query',
  query: number,
  name: 'ha.lab.test',
  type,
  transport: 'udp',
  peerPort: 5000,
  ...(records === null
    ? { fault: 'silent' }
    : {
        answer: {
          atUs: startUs + (ms + 0.1) * 1000,
          rcode: 'NOERROR',
          records: records.map((data) => ({ name: 'ha.lab.test', type, ttlS: 0, data })),
          truncated: false,
          bytes: 60,
        },
      }),
})
