/** How to tell from the timeline that something met a fault. Pure. */
import type { Address, ServerFault } from '../../unit/protocol.ts'
import type { AttemptSeen, StepSeen } from '../timeline/timeline.ts'

/** An attempt to one of the addresses ended in one of the ways. */
export const attempted = (
  addresses: readonly Address[],
  seen: readonly StepSeen[],
  outcomes: readonly AttemptSeen['outcome'][],
): boolean =>
  seen.some((step) =>
    step.requests.some((request) => request.attempts.some((a) => addresses.includes(a.address) && outcomes.includes(a.outcome))),
  )

/** A connection to one of the addresses that was open when the fault came was closed; `seen` begins with the fault's own step. */
export function closedOpen(addresses: readonly Address[], seen: readonly StepSeen[]): boolean {
  const uses = seen.flatMap((step) => step.requests.flatMap((request) => request.uses))
  const opened = new Set(uses.filter(({ reused }) => !reused).map(({ connection }) => connection))
  return seen.some((step) => step.closed.some((c) => addresses.includes(c.address) && !opened.has(c.connection)))
}

/** An open connection to one of the addresses was closed, or an attempt was refused. */
export const closedOrRefused = (addresses: readonly Address[], seen: readonly StepSeen[]): boolean =>
  attempted(addresses, seen, ['refused', 'reset']) || closedOpen(addresses, seen)

/** A server said that a connection or request met its fault. */
export const serverSaidMet = (addresses: readonly Address[], seen: readonly StepSeen[], fault: ServerFault['kind']): boolean =>
  seen.some((step) => step.faultsMet.some((met) => met.fault === fault && addresses.includes(met.address)))
