/** A request step: one request after the other, each until the client has ended it. */
import { LabError } from '../errors.ts'
import type { Recorder } from '../journal/recorder.ts'
import type { RequestStep } from '../scenario/scenario.ts'
import type { Units } from './units.ts'

/** A client ends each request within its timeout; so much longer the lab waits for it to say so. */
const clientGraceMs = 5000

/** Settles with the number of the last request; `before` is that of the last one so far. */
export async function makeRequests(
  step: RequestStep,
  before: number,
  units: Units,
  recorder: Recorder,
  signal: AbortSignal,
): Promise<number> {
  const { url, method, fresh, times } = step
  const timeoutMs = Math.max(1, Math.round(step.timeoutMs)) // clients take whole milliseconds, and 0 would mean none
  const last = before + times
  for (let request = before + 1; request <= last; request++) {
    const from = recorder.entries.length
    units.sendToClient({ command: 'request', request, url, method, timeoutMs, fresh })
    await recorder.next(
      { events: ['request-ended'], matches: (entry) => entry.unit === 'client' && entry.request === request, from },
      { ms: timeoutMs + clientGraceMs, error: () => notEnded(request, timeoutMs) },
      signal,
    )
  }
  return last
}

const notEnded = (request: number, timeoutMs: number): LabError =>
  new LabError(
    'CLIENT_BROKEN',
    `The client did not end request ${request} within its timeout of ${timeoutMs} ms (and ${clientGraceMs / 1000} s more).`,
    { remedy: 'check it with `failover-lab client-check`' },
  )
