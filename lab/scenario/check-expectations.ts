/** Rules about `expect` and `but`: that what they say can be seen at all, and cannot hold by chance. */
import type { Address } from '../../unit/protocol.ts'
import { type Draft, endOfAliases, knownAddresses, type Rule, zonesOf } from './draft.ts'
import { expectationFor } from './effective.ts'
import type { Expectation } from './expectation.ts'
import { didYouMean } from './nearest.ts'
import type { Path, Report } from './problems.ts'
import type { RequestStep } from './scenario.ts'

export const expectationRules: readonly Rule[] = [
  { rule: '`but` names a client of the scenario', check: checkVariants },
  { rule: 'a list has one entry per repetition', check: each(checkRepetitions) },
  { rule: 'served_by names a server', check: each(checkServedBy) },
  { rule: 'attempts, answered and resolved name addresses that DNS answers with', check: each(checkAddresses) },
  { rule: 'shares are of servers, add up to 1 and have a tolerance that chance stays within', check: each(checkShares) },
  { rule: 'a request has a status or an error', check: each(checkOutcome) },
  { rule: 'what is expected can happen in this step', check: each(checkPossible) },
]

/** One `expect`, or one client's `but`, with what holds for that client altogether. */
interface Part {
  readonly step: RequestStep
  readonly index: number
  readonly path: Path
  readonly own: Expectation
  readonly whole: Expectation
}

function* partsOf(draft: Draft): Generator<Part> {
  for (const [index, step] of draft.steps.entries()) {
    if (step?.kind !== 'request') continue
    yield { step, index, path: ['steps', index, 'expect'], own: step.expect, whole: step.expect }
    for (const [variant, own] of Object.entries(step.but))
      yield { step, index, path: ['steps', index, 'but', variant], own, whole: expectationFor(step, variant) }
  }
}

function each(check: (part: Part, draft: Draft, report: Report) => void) {
  return (draft: Draft, report: Report): void => {
    for (const part of partsOf(draft)) check(part, draft, report)
  }
}

function checkVariants({ steps, variants }: Draft, report: Report): void {
  const names = variants?.map(({ name }) => name)
  if (!names) return
  for (const [index, step] of steps.entries()) {
    for (const name of step?.kind === 'request' ? Object.keys(step.but) : []) {
      if (!names.includes(name))
        report(['steps', index, 'but', name], `no client of this scenario is called ${name}${didYouMean(name, names)}`, {
          at: 'key',
          help: `its clients: ${names.join(', ')}`,
        })
    }
  }
}

function checkRepetitions({ step: { times }, own, path }: Part, _draft: Draft, report: Report): void {
  for (const [key, value] of Object.entries(own)) {
    if (
      typeof value !== 'object' ||
      !('each' in value) ||
      value.each !== true ||
      typeof value.values === 'number' ||
      value.values.length === times
    )
      continue
    const requests = times === 1 ? 'one request' : `${times} requests`
    report(
      [...path, key],
      `a list has one entry per repetition: this one has ${value.values.length}, and the step makes ${requests} (\`times\`)`,
      {
        help: times === 1 ? `for any of several, write ${key}: { one_of: […] }` : undefined,
      },
    )
  }
}

function checkServedBy({ own, path }: Part, { servers }: Draft, report: Report): void {
  for (const address of own.served_by?.values.flat() ?? []) {
    if (address !== 'same' && servers && !servers.includes(address))
      report([...path, 'served_by'], `${address} cannot serve anything: there is no such server`, { help: serversHelp(servers) })
  }
}

function checkAddresses({ own, path }: Part, draft: Draft, report: Report): void {
  if (!draft.servers || !draft.zone || draft.steps.includes(undefined)) return
  const known = knownAddresses(draft)
  const named: [Path, Address | undefined][] = [
    ...(own.attempts?.map((attempt, index): [Path, Address | undefined] => [
      ['attempts', index, attempt.address ?? ''],
      attempt.address,
    ]) ?? []),
    ...(own.answered?.map((address, index): [Path, Address] => [['answered', index], address]) ?? []),
    ...(own.resolved?.map((address, index): [Path, Address] => [['resolved', index], address]) ?? []),
  ]
  for (const [inside, address] of named) {
    if (address !== undefined && !known.has(address))
      report([...path, ...inside], `DNS never answers with ${address} in this scenario`, {
        at: 'key',
        help: `known addresses: ${[...known].join(', ')}`,
      })
  }
}

/** A correct client leaves 5 standard deviations in one of 1.7 million runs: a verdict that does not flicker. */
const soundDeviations = 5

function checkShares(part: Part, draft: Draft, report: Report): void {
  const { own, whole, path, step } = part
  const { shares, tolerance } = whole
  if (own.tolerance !== undefined && !shares)
    report([...path, 'tolerance'], '`tolerance` is of `shares`, which is missing', {
      at: 'key',
      help: 'such as shares: { 127.0.0.1: 1/2, 127.0.0.2: 1/2 }',
    })
  if (!shares || (!own.shares && own.tolerance === undefined)) return
  for (const address of Object.keys(own.shares ?? {})) {
    if (draft.servers && !draft.servers.includes(address))
      report([...path, 'shares', address], `there is no server ${address}`, { at: 'key', help: serversHelp(draft.servers) })
  }
  const sum = Object.values(own.shares ?? shares).reduce((total, share) => total + share, 0)
  if (Math.abs(sum - 1) > 0.01)
    report([...path, 'shares'], `these shares add up to ${Number(sum.toFixed(3))}, not to 1`, { at: 'key' })
  if (tolerance === undefined) {
    report([...path, 'shares'], '`shares` needs a `tolerance`: how far each may be off', {
      at: 'key',
      help: 'such as tolerance: 0.1',
    })
    return
  }
  const zone = zonesOf(draft)[part.index] ?? {}
  if (zone[endOfAliases(step.host, zone) ?? '']?.order !== 'shuffled') return // nothing is drawn
  const deviation = Math.max(...Object.values(shares).map((share) => Math.sqrt((share * (1 - share)) / step.times)))
  const smallest = Math.ceil(soundDeviations * deviation * 1000 - 1e-9) / 1000
  if (tolerance >= smallest) return
  const enough = Math.ceil(step.times * ((soundDeviations * deviation) / tolerance) ** 2)
  const at = own.tolerance === undefined ? 'shares' : 'tolerance'
  const requests = step.times === 1 ? 'one request' : `${step.times} requests`
  const message = smallest < 1 ? `the smallest sound one is ${smallest}` : 'no tolerance is sound: these are too few'
  report([...path, at], `chance alone leaves this tolerance: with ${requests} ${message}`, {
    at: own.tolerance === undefined ? 'key' : 'value',
    help: `${soundDeviations} standard deviations of the share${enough <= 10_000 ? `; or make times: ${enough}` : ''}`,
  })
}

function checkOutcome({ own, path }: Part, _draft: Draft, report: Report): void {
  if (own.status && own.error) {
    report([...path, 'status'], 'a request ends with a status or with an error, never with both: keep one', {
      at: 'key',
      help: 'what one client sees differently is written under `but`, and takes the place of both',
    })
  }
}

function checkPossible({ step, index, own, path }: Part, { steps }: Draft, report: Report): void {
  const say = (key: string, message: string, help?: string) => report([...path, key], message, { at: 'key', help })
  if (step.fresh && own.connection?.values.every((value) => value.every((word) => word === 'reused'))) {
    say('connection', 'a fresh request never reuses a connection', '`fresh: true` gives the request a connection of its own')
  }
  if (own.gap && own.attempts && own.attempts.length < 2)
    say('gap', '`gap` is the time between two attempts, and only one is expected')
  for (const key of ['served_by', 'process'] as const)
    if (own.error && own[key])
      say(key, `a request that ends with an error is served by nobody: \`${key}\` never holds beside \`error\``)
  if (own.process && !steps.some((other) => !other || (other.kind === 'fault' && other.verb === 'hot_restart'))) {
    say('process', '`process` tells old from new around a hot restart, and this scenario has no `hot_restart` step')
  }
  const [first] = own.served_by?.values ?? []
  const isFirst = !steps.slice(0, index).some((other) => !other || other.kind === 'request')
  if (isFirst && first?.every((word) => word === 'same')) {
    say('served_by', '`same` means the same as the request before, and there is none')
  }
}

const serversHelp = (servers: readonly Address[]): string => `its servers: ${servers.join(', ')}`
