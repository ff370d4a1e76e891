import { z } from 'zod'
import { clientClosedEach, commandEach } from './command.ts'
import { defineFault } from './fault.ts'
import { closedOpen } from './met.ts'
import { atOnce, mayMiss, serverTargets } from './targets.ts'

/** The server closes the connections that wait for a next request, as its idle timeout would. */
export const closeIdle = defineFault({
  verb: 'close_idle',
  about: 'The server closes its idle connections (FIN) and goes on listening.',
  schema: z.strictObject({ close_idle: serverTargets, at_once: atOnce, may_miss: mayMiss }),
  targets: (step) => step.close_idle,
  needs: () => ({}),
  async inject(step, addresses, context) {
    const evidence = await commandEach(addresses, context, (id, address) => ({ command: 'close-idle', id, address }))
    if (!step.at_once) await clientClosedEach(addresses, context)
    return { evidence, mechanism: 'server' }
  },
  met: (_step, addresses, seen) => closedOpen(addresses, seen),
  seenByClient: true,
})
