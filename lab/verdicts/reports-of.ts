/**
 * What a client reports at all. Most events of the client protocol are optional: where a client never sends a kind of
 * event, its absence says nothing, and what rests on it is inconclusive.
 */
import { clients } from '../clients.ts'
import type { Step } from '../scenario/scenario.ts'
import type { Timeline } from '../timeline/timeline.ts'

export interface Reports {
  readonly lookups: boolean
  readonly attempts: boolean
  readonly connections: boolean
  /** Each request is a process of its own, so no connection can be kept. */
  readonly newProcessEach?: boolean
  /** Why a client that is observed from outside could not be seen, where that is known. */
  readonly why?: string | undefined
}

/** The lab's own clients report everything; any other reports what it has reported at least once in this run. */
export function reportsOf({ run, steps, observed }: Timeline): Reports {
  if (Object.hasOwn(clients, run.variant.client) && !observed) return { lookups: true, attempts: true, connections: true }
  const requests = steps.flatMap((step) => step.requests)
  return {
    lookups: requests.some((request) => request.lookups.some((lookup) => lookup.endedUs !== undefined)),
    attempts: requests.some((request) => request.attempts.length > 0),
    connections: requests.some((request) => request.uses.length > 0),
    newProcessEach: observed !== undefined,
    why: observed?.unseen?.reason,
  }
}

/** A connect without a route sends no packet: while such a fault is in force, packets do not show every attempt. */
export function reportsDuring(step: number, reports: Reports, { run, steps, observed }: Timeline): Reports {
  if (!observed || observed.unseen) return reports
  const isInForce = steps.some(
    ({ index, fault }) =>
      fault !== undefined &&
      index < step &&
      (fault.liftedBy ?? step) >= step &&
      verbOf(run.scenario.steps[index]) === 'unreachable',
  )
  return isInForce ? { ...reports, attempts: false, why: 'an attempt that finds no route sends no packet' } : reports
}

const verbOf = (step: Step | undefined) => (step?.kind === 'fault' ? step.verb : undefined)
