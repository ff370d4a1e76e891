import { z } from 'zod'
import { defineFault } from './fault.ts'
import { attempted } from './met.ts'
import { injectNetworkFault } from './network.ts'
import { mayMiss, serverTargets } from './targets.ts'

/** Packets vanish: nothing comes back, and only the client's own patience ends an attempt. */
export const blackhole = defineFault({
  verb: 'blackhole',
  about: 'Packets to the server vanish: new connections only, or those of open ones as well.',
  schema: z.strictObject({
    blackhole: serverTargets,
    connections: z.enum(['new', 'all']).default('new').describe('`all`: packets of open connections vanish too.'),
    may_miss: mayMiss,
  }),
  targets: (step) => step.blackhole,
  needs: (step) => ({ capabilities: [step.connections === 'all' ? 'blackhole-all' : 'blackhole-new'] }),
  inject: (step, addresses, context) =>
    injectNetworkFault(step.connections === 'all' ? 'blackhole-all' : 'blackhole-new', addresses, context),
  met: (_step, addresses, seen, counted) =>
    counted === undefined ? attempted(addresses, seen, ['given_up', 'timed_out']) : counted > 0,
  seenByClient: true,
})
