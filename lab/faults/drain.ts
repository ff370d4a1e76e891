import { z } from 'zod'
import { clientClosedEach, commandEach } from './command.ts'
import { defineFault } from './fault.ts'
import { closedOpen } from './met.ts'
import { atOnce, mayMiss, serverTargets } from './targets.ts'

/** The end of a hot restart: the old process closes what it still has, and ends. */
export const drain = defineFault({
  verb: 'drain',
  about: 'The old process of a hot restart closes its connections and ends.',
  schema: z.strictObject({ drain: serverTargets, at_once: atOnce, may_miss: mayMiss }),
  targets: (step) => step.drain,
  needs: () => ({ process: 'supervised' }),
  async inject(step, addresses, context) {
    const evidence = await commandEach(addresses, context, (id, address) => ({ command: 'drain', id, address }))
    if (!step.at_once) await clientClosedEach(addresses, context)
    return { evidence, mechanism: 'server' }
  },
  met: (_step, addresses, seen) => closedOpen(addresses, seen),
  seenByClient: true,
})
