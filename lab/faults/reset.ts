import { z } from 'zod'
import { injectServerFault } from './command.ts'
import { defineFault } from './fault.ts'
import { serverSaidMet } from './met.ts'
import { mayMiss, serverTargets } from './targets.ts'

/** RST at a chosen moment of a connection's life: what a crashed process, a full proxy or a firewall's idle timeout sends. */
export const reset = defineFault({
  verb: 'reset',
  about: 'The server resets connections (RST): at accept, before the head of the response, or within its body.',
  schema: z.strictObject({
    reset: serverTargets,
    when: z
      .enum(['accept', 'before_head', 'mid_body'])
      .describe('accept: as soon as connected; before_head: after the request; mid_body: within the body of the response.'),
    on: z.enum(['any', 'reused']).default('any').describe('`reused`: only connections that have answered a request before.'),
    times: z.int().min(1).optional().describe('How often; then the fault is over.'),
    may_miss: mayMiss,
  }),
  targets: (step) => step.reset,
  needs: () => ({}),
  inject: (step, addresses, context) =>
    injectServerFault({ kind: 'reset', when: step.when, on: step.on, times: step.times }, addresses, context),
  met: (_step, addresses, seen) => serverSaidMet(addresses, seen, 'reset'),
})
