import { z } from 'zod'
import { defineFault } from './fault.ts'
import { attempted } from './met.ts'
import { injectNetworkFault } from './network.ts'
import { mayMiss, serverTargets } from './targets.ts'

/** No route: new connections fail at once with EHOSTUNREACH, the kindest failure after a refusal; open ones stall. */
export const unreachable = defineFault({
  verb: 'unreachable',
  about: 'New connections fail at once: no route to host; open ones stall.',
  schema: z.strictObject({ unreachable: serverTargets, may_miss: mayMiss }),
  targets: (step) => step.unreachable,
  needs: () => ({ capabilities: ['unreachable'] }),
  inject: (_step, addresses, context) => injectNetworkFault('unreachable', addresses, context),
  met: (_step, addresses, seen, counted) => (counted ?? 0) > 0 || attempted(addresses, seen, ['unreachable']),
  seenByClient: true,
})
