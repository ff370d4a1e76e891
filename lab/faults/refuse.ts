import { z } from 'zod'
import { defineFault } from './fault.ts'
import { attempted } from './met.ts'
import { injectNetworkFault } from './network.ts'
import { mayMiss, serverTargets } from './targets.ts'

/** New connections get RST; open ones live on. The client learns at once that nobody is there. */
export const refuse = defineFault({
  verb: 'refuse',
  about: 'New connections are refused (RST); open ones live on.',
  schema: z.strictObject({ refuse: serverTargets, may_miss: mayMiss }),
  targets: (step) => step.refuse,
  needs: () => ({ capabilities: ['refuse'] }),
  inject: (_step, addresses, context) => injectNetworkFault('refuse', addresses, context),
  met: (_step, addresses, seen, counted) =>
    counted === undefined ? attempted(addresses, seen, ['refused', 'reset']) : counted > 0,
  seenByClient: true,
})
