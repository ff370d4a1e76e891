/**
 * Compares the lookups and attempts that a client reported of one request with what the plays make certain: what DNS
 * answers, which address refuses, and, in a network of the check's own, how many attempts failed by the kernel's count.
 */
import { readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { AttemptOutcome, ClientEvent } from '../../unit/protocol.ts'
import type { EventLine } from './order.ts'
import { type Play, zone } from './plays.ts'
import type { Rule } from './rules.ts'

export interface AddressesSeen {
  readonly play: Play
  /** The port that the request was sent to. */
  readonly port: number
  /** Every line so far: an attempt's end does not say whose it is. */
  readonly lines: readonly EventLine[]
  /** Those of this request. */
  readonly own: readonly EventLine[]
  /** The types that the DNS server was asked for, for this host. */
  readonly asked: ReadonlySet<'A' | 'AAAA'>
  /** How many attempts failed during the request; undefined where others share the network. */
  readonly failed: number | undefined
}

type Broken = (rule: Rule, says: string, line?: EventLine) => void
type EventOf<Kind extends ClientEvent['event']> = Extract<ClientEvent, { event: Kind }>
type Of<Kind extends ClientEvent['event']> = EventLine & { readonly event: EventOf<Kind> }

/** Every difference; nothing where the client never sends such events. */
export function compareAddresses(seen: AddressesSeen, broken: Broken): void {
  const lookups = ofKind(seen.own, 'lookup-ended')
  for (const lookup of lookups) compareLookup(seen, lookup, broken)
  if (ofKind(seen.lines, 'attempt-started').length > 0) compareAttempts(seen, lookups.at(-1), broken)
}

function compareLookup({ play, asked }: AddressesSeen, line: Of<'lookup-ended'>, broken: Broken): void {
  const { host, addresses, error } = line.event
  const known = zone[play.host] ?? []
  const answered = known.filter((address) => asked.has(isIPv6(address) ? 'AAAA' : 'A'))
  if (host !== play.host) broken('lookup', `a lookup of ${host}, where the URL has ${play.host}`, line)
  for (const address of new Set(addresses))
    if (!known.includes(address)) broken('lookup', `the lookup gave ${address}; DNS has ${list(known)} for ${play.host}`, line)
  const missing = answered.filter((address) => !addresses.includes(address))
  if (missing.length > 0 && !error) broken('lookup', `the lookup gave ${list(addresses)}; DNS answered ${list(answered)}`, line)
}

function compareAttempts(seen: AddressesSeen, lookup: Of<'lookup-ended'> | undefined, broken: Broken): void {
  const { play, port, failed } = seen
  const ends = new Map(ofKind(seen.lines, 'attempt-ended').map((line) => [line.event.attempt, line]))
  const attempts = ofKind(seen.own, 'attempt-started')
  const known = zone[play.host] ?? []
  for (const line of attempts) {
    const { address, attempt, port: to } = line.event
    if (!known.includes(address) || to !== port) {
      broken('attempt', `an attempt at ${address} port ${to}; the request goes to ${list(known)} port ${port}`, line)
      continue
    }
    const end = ends.get(attempt)
    const truth = outcomeAt(address, play)
    if (end && end.event.outcome !== truth && end.event.outcome !== 'given_up')
      broken('attempt', `the attempt at ${address} is reported as ${end.event.outcome}; it is ${truth}`, end)
  }
  const reported = attempts.filter(({ event }) => ends.get(event.attempt)?.event.outcome !== 'connected').length
  if (failed !== undefined && failed !== reported)
    broken('attempt', `${count(reported)} reported as failed, and ${count(failed)} failed`, lookup ?? attempts[0])
  else if (failed === undefined) {
    const first = lookup?.event.addresses.find((address) => known.includes(address))
    const isMissing = first !== undefined && !attempts.some(({ event }) => event.address === first)
    if (isMissing) broken('attempt', `no attempt at ${first} is reported, the first address that the lookup gave`, lookup)
    else if (play.refusing && reported === 0) broken('attempt', 'the request was refused, and no attempt is reported')
  }
}

/** 127.0.0.1 answers unless the play is sent to a port that refuses; nothing listens on ::1, where the machine has it. */
function outcomeAt(address: string, { refusing }: Play): AttemptOutcome {
  if (address === '127.0.0.1') return refusing ? 'refused' : 'connected'
  const here = Object.values(networkInterfaces()).some((found) => found?.some((own) => own.address === address))
  return here ? 'refused' : 'unreachable'
}

/** Attempts of this network that have failed, by the kernel's own count (RFC 4022 tcpAttemptFails); Linux only. */
export function failedAttempts(): number | undefined {
  try {
    const [names = [], values = []] = readFileSync('/proc/self/net/snmp', 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('Tcp:'))
      .map((line) => line.split(' '))
    const value = Number(values[names.indexOf('AttemptFails')])
    return Number.isNaN(value) ? undefined : value
  } catch {
    return undefined
  }
}

function ofKind<Kind extends ClientEvent['event']>(lines: readonly EventLine[], kind: Kind): Of<Kind>[] {
  return lines.filter((line): line is Of<Kind> => line.event.event === kind)
}

const list = (addresses: readonly string[]): string => addresses.join(', ') || 'no address'
const count = (n: number): string => (n === 1 ? '1 attempt' : `${n} attempts`)
