/**
 * From the journal to the timeline. Units write at their own pace, so entries are put in order of their own clock (one
 * machine, one clock), and tied to requests by causality where there is any: attempt and connection numbers, and the
 * client's port, which the server sees too. Queries have none; they belong to the request under way when they came.
 *
 * A client may go on with a lookup or an attempt after its request has ended. That is no part of the request any more:
 * what begins after the end is kept apart, and what was open at the end stays open (an attempt: given up).
 */
import type { Micros } from '../../unit/protocol.ts'
import type { Journal, JournalEntry } from '../journal/journal.ts'
import type { Step } from '../scenario/scenario.ts'
import { type Exchanges, exchangesOf } from './exchanges.ts'
import type { AttemptSeen, FaultSeen, LookupSeen, QuerySeen, RequestSeen, StepSeen, Timeline } from './timeline.ts'

type Of<Kind extends JournalEntry['event']> = Extract<JournalEntry, { event: Kind }>

/** Two processes' clocks may differ by less than this; a client asks DNS well before its request ends. */
const clockSlackUs = 500

/** Builds the timeline of one run; throws only if the journal has no `run-started`. */
export function buildTimeline(journal: Journal): Timeline {
  const started = journal.find((entry): entry is Of<'run-started'> & { unit: string } => entry.event === 'run-started')
  if (!started) throw new Error('A journal begins with run-started; this one has none.')
  const inTime = [...journal].sort((a, b) => a.atUs - b.atUs)
  const all = <Kind extends JournalEntry['event']>(kind: Kind) =>
    inTime.filter((entry): entry is Of<Kind> & { unit: string } => entry.event === kind)
  const ready = all('ready')[0]
  const observed = all('client-observed')[0]
  const queries = buildQueries(all('query'), all('answer'))
  const requests = buildRequests(inTime, all, queries, exchangesOf(journal))
  const addressOf = new Map(all('connection-used').map((use) => [use.connection, use.address]))
  const numbers = requestNumbers(started.run.scenario.steps)
  const steps = all('step-started').map((step, order, list): StepSeen => {
    const [first = 0, last = -1] = numbers[step.step] ?? []
    const endedUs = all('step-ended').find((end) => end.step === step.step)?.atUs
    const untilUs = list[order + 1]?.atUs ?? Number.POSITIVE_INFINITY
    const within = (entry: { readonly atUs: Micros }) => entry.atUs >= step.atUs && entry.atUs < untilUs
    return {
      index: step.step,
      startedUs: step.atUs,
      endedUs,
      requests: requests.filter(({ request }) => request >= first && request <= last),
      queries: queries.filter(({ atUs }) => atUs >= step.atUs - clockSlackUs && atUs < untilUs - clockSlackUs),
      fault: buildFault(step.step, all),
      closed: all('connection-closed')
        .filter(within)
        .flatMap(({ atUs, connection }) => {
          const address = addressOf.get(connection)
          return address === undefined ? [] : [{ atUs, connection, address }]
        }),
      faultsMet: all('fault-met')
        .filter(within)
        .map(({ atUs, address, fault }) => ({ atUs, address, fault })),
    }
  })
  return {
    run: started.run,
    client: ready && { client: ready.client, version: ready.version, resolver: ready.resolver },
    observed: observed && { unseen: observed.unseen },
    startedUs: started.atUs,
    endedUs: all('run-ended')[0]?.atUs,
    steps,
    troubles: all('trouble').map(({ code, message, remedy }) => ({ code, message, remedy })),
  }
}

/** The first and the last request of each step: the lab numbers them from 1, so no clock is needed to tell whose they are. */
function requestNumbers(steps: readonly Step[]): readonly (readonly [number, number])[] {
  let before = 0
  return steps.map((step) => {
    const first = before + 1
    if (step.kind === 'request') before += step.times
    return [first, before]
  })
}

type All = <Kind extends JournalEntry['event']>(kind: Kind) => (Of<Kind> & { unit: string })[]

function buildQueries(queries: readonly Of<'query'>[], answers: readonly Of<'answer'>[]): QuerySeen[] {
  const late = new Map(answers.map((entry) => [entry.query, entry.answer]))
  return queries.map(({ atUs, query, name, type, transport, fault, answer }) => ({
    atUs,
    query,
    name,
    type,
    transport,
    fault,
    answer: answer ?? late.get(query),
  }))
}

function buildFault(step: number, all: All): FaultSeen | undefined {
  const inForce = all('in-force').find((entry) => entry.step === step)
  if (!inForce) return undefined
  return {
    mechanism: inForce.mechanism,
    evidence: inForce.evidence,
    atUs: inForce.atUs,
    liftedBy: all('lifted').find((entry) => entry.fault === step)?.step,
    counted: all('counted').find((entry) => entry.fault === step)?.met,
  }
}

function buildRequests(
  inTime: readonly JournalEntry[],
  all: All,
  queries: readonly QuerySeen[],
  exchanges: Exchanges,
): RequestSeen[] {
  const numbered = new Set<number>()
  const started = all('request-started').filter(({ request }) => !numbered.has(request) && numbered.add(request))
  const byRequest = groupByRequest(inTime)
  const attemptEnds = new Map(all('attempt-ended').map((end) => [end.attempt, end]))
  const closes = new Map(all('connection-closed').map(({ connection, atUs }) => [connection, atUs]))
  let nextQuery = 0
  return started.map((start, order): RequestSeen => {
    const untilUs = started[order + 1]?.atUs ?? Number.POSITIVE_INFINITY
    const everything = byRequest.get(start.request) ?? []
    const end = everything.find((entry): entry is Of<'request-ended'> & { unit: string } => entry.event === 'request-ended')
    const isInTime = (atUs: Micros | undefined): atUs is Micros =>
      atUs !== undefined && atUs <= (end?.atUs ?? Number.POSITIVE_INFINITY)
    const own = everything.filter((entry) => isInTime(entry.atUs))
    const later = everything.filter((entry) => !isInTime(entry.atUs))
    const uses = own.filter((entry): entry is Of<'connection-used'> & { unit: string } => entry.event === 'connection-used')
    const servedHere =
      uses.length > 0
        ? uses.flatMap((use) => exchanges.servedFor(use) ?? [])
        : exchanges.all.filter((served) => served.atUs >= start.atUs && served.atUs < untilUs)
    const queriesHere: QuerySeen[] = []
    for (let entry = queries[nextQuery]; entry && entry.atUs < untilUs - clockSlackUs; entry = queries[++nextQuery])
      if (entry.atUs >= start.atUs - clockSlackUs) queriesHere.push(entry)
    return {
      request: start.request,
      startedUs: start.atUs,
      endedUs: end?.atUs,
      lookups: buildLookups(own),
      queries: queriesHere,
      attempts: buildAttempts(own, (attempt) => {
        const ended = attemptEnds.get(attempt)
        return isInTime(ended?.atUs) ? ended : undefined
      }),
      uses: uses.map(({ atUs, connection, reused, address, localPort }) => {
        const closedUs = closes.get(connection)
        return { atUs, connection, reused, address, localPort, closedUs: isInTime(closedUs) ? closedUs : undefined }
      }),
      served: servedHere,
      headUs: own.find((entry) => entry.event === 'head-received')?.atUs,
      // A client that reports neither has got what the server sent last, whatever it made of it.
      status:
        end?.status ?? (end && !end.error ? servedHere.findLast((served) => served.status !== undefined)?.status : undefined),
      body: end?.body,
      error: end?.error,
      afterwards: { lookups: buildLookups(later), attempts: buildAttempts(later, (attempt) => attemptEnds.get(attempt)) },
    }
  })
}

function groupByRequest(inTime: readonly JournalEntry[]): Map<number, JournalEntry[]> {
  const groups = new Map<number, JournalEntry[]>()
  for (const entry of inTime) {
    if (!('request' in entry)) continue
    const group = groups.get(entry.request)
    if (group) group.push(entry)
    else groups.set(entry.request, [entry])
  }
  return groups
}

function buildLookups(own: readonly JournalEntry[]): LookupSeen[] {
  const ends = own.filter((entry): entry is Of<'lookup-ended'> & { unit: string } => entry.event === 'lookup-ended')
  return own
    .filter((entry): entry is Of<'lookup-started'> & { unit: string } => entry.event === 'lookup-started')
    .map(({ atUs, host }, order) => {
      const end = ends[order]
      return { startedUs: atUs, endedUs: end?.atUs, host, addresses: end?.addresses ?? [], error: end?.error }
    })
}

const buildAttempts = (
  own: readonly JournalEntry[],
  endOf: (attempt: number) => Of<'attempt-ended'> | undefined,
): AttemptSeen[] =>
  own
    .filter((entry): entry is Of<'attempt-started'> & { unit: string } => entry.event === 'attempt-started')
    .map(({ atUs, attempt, address, port }) => {
      const end = endOf(attempt)
      return { startedUs: atUs, endedUs: end?.atUs, address, port, outcome: end?.outcome ?? 'given_up', message: end?.message }
    })
