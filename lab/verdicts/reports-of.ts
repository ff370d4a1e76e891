/**
 * What a client reports at all. Most events of the client protocol are optional: where a client never sends a kind of
 * event, its absence says nothing, and what rests on it is inconclusive.
 */
import { clients } from '../clients.ts'
import type { Timeline } from '../timeline/timeline.ts'

export interface Reports {
  readonly lookups: boolean
  readonly attempts: boolean
  readonly connections: boolean
}

/** The lab's own clients report everything; any other reports what it has reported at least once in this run. */
export function reportsOf({ run, steps }: Timeline): Reports {
  if (Object.hasOwn(clients, run.variant.client)) return { lookups: true, attempts: true, connections: true }
  const requests = steps.flatMap((step) => step.requests)
  return {
    lookups: requests.some((request) => request.lookups.some((lookup) => lookup.endedUs !== undefined)),
    attempts: requests.some((request) => request.attempts.length > 0),
    connections: requests.some((request) => request.uses.length > 0),
  }
}
