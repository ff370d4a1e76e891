import { z } from 'zod'
import { duration, fraction } from '../scenario/values.ts'
import { injectServerFault } from './command.ts'
import { defineFault } from './fault.ts'
import { serverSaidMet } from './met.ts'
import { mayMiss, serverTargets } from './targets.ts'

/** The server answers at once, with an error status: alive for TCP and DNS, useless for its users. */
export const status = defineFault({
  verb: 'status',
  about: 'The server answers with an error status.',
  schema: z.strictObject({
    status: serverTargets,
    code: z.int().min(400).max(599).describe('The HTTP status, 400 to 599.'),
    rate: fraction.default(1).describe('The share of requests that get it, drawn by the seed.'),
    retry_after: duration.optional().describe('Adds a Retry-After header, in whole seconds.'),
    may_miss: mayMiss,
  }),
  targets: (step) => step.status,
  needs: () => ({}),
  inject(step, addresses, context) {
    const retryAfterS = step.retry_after === undefined ? undefined : Math.ceil(step.retry_after / 1000)
    return injectServerFault({ kind: 'status', status: step.code, rate: step.rate, retryAfterS }, addresses, context)
  },
  met: (_step, addresses, seen) => serverSaidMet(addresses, seen, 'status'),
})
