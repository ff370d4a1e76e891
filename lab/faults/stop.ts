import { z } from 'zod'
import { clientClosedEach, commandEach } from './command.ts'
import { defineFault } from './fault.ts'
import { closedOrRefused } from './met.ts'
import { atOnce, mayMiss, serverTargets } from './targets.ts'

/** The orderly end of a server: it stops listening and closes every connection with FIN. `start` brings it back. */
export const stop = defineFault({
  verb: 'stop',
  about: 'The server ends in order: it stops listening and closes its connections (FIN).',
  schema: z.strictObject({ stop: serverTargets, at_once: atOnce, may_miss: mayMiss }),
  targets: (step) => step.stop,
  needs: () => ({}),
  async inject(step, addresses, context) {
    const evidence = await commandEach(addresses, context, (id, address) => ({ command: 'stop', id, address }))
    if (!step.at_once) await clientClosedEach(addresses, context)
    return {
      evidence,
      mechanism: 'server',
      lift: (those) => Promise.all(those.map((address) => context.start(address))),
    }
  },
  met: (_step, addresses, seen) => closedOrRefused(addresses, seen),
  seenByClient: true,
})
