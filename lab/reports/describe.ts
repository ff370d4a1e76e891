/** Words that every report for people uses: for a step, a client, a group of checks, a verdict. */
import type { Step } from '../scenario/scenario.ts'
import type { Timeline } from '../timeline/timeline.ts'
import type { Check, Outcome, Verdict } from '../verdicts/verdict.ts'

export function describeStep(step: Step): string {
  if (step.kind === 'fault') return step.text
  if (step.kind === 'lift') return `lift: ${step.verb}`
  if (step.kind === 'wait') return `wait: ${step.ms} ms`
  return `${step.method} ${step.url}${step.fresh ? ', on a fresh connection' : ''}${step.times > 1 ? `, ${step.times} times` : ''}`
}

/** The client as it reported itself; its settings; where it ran. */
function clientParts({ run, client }: Timeline): string[][] {
  const settings = Object.entries(run.variant.settings).map(([key, value]) => `${key}: ${value}`)
  const itself = client ? [`${client.client} ${client.version}`, `resolver ${client.resolver}`] : []
  return [itself, settings, [`runtime ${run.runtime}`]]
}

export const describeClient = (timeline: Timeline): string =>
  clientParts(timeline)
    .filter((part) => part.length > 0)
    .map((part) => part.join(', '))
    .join(' · ')

/** What tells one client from another. */
export const clientFacts = (timeline: Timeline): string[] => clientParts(timeline).flat()

/** What became of so many runs, in the order in which they are counted. */
export const outcomeWords = {
  pass: 'passed',
  fail: 'failed',
  inconclusive: 'inconclusive',
  broken: 'broken',
} as const satisfies Record<Outcome, string>
export const outcomes = Object.keys(outcomeWords) as readonly Outcome[]

export const heldWords = ({ checks }: Verdict): string =>
  checks.length === 0
    ? 'nothing could be checked'
    : `${checks.filter((check) => check.outcome === 'pass').length} of ${checks.length} expectations held`

/** The checks of one key. */
export interface CheckGroup {
  readonly key: string
  /** Those that do not hold or could not be seen. */
  readonly bad: readonly Check[]
  /** What was seen where it held: one value for all requests, or that of each. */
  readonly seen: string
  /** Where it says more than what was seen: a range, a pattern. */
  readonly expected: string | undefined
}

export function groupChecks(checks: readonly Check[]): CheckGroup[] {
  const keys = [...new Set(checks.map((check) => check.key))]
  return keys.map((key) => {
    const group = checks.filter((check) => check.key === key)
    const all = group.map((check) => check.seen)
    const seen = new Set(all).size === 1 ? all.slice(0, 1) : all
    const [first] = group
    const saysMore = first && first.expected !== first.seen && !first.expected.startsWith('same')
    return {
      key,
      bad: group.filter((check) => check.outcome !== 'pass'),
      seen: seen.length > 6 ? `${seen.slice(0, 6).join(', ')}, …` : seen.join(', '),
      expected: saysMore ? first.expected : undefined,
    }
  })
}
