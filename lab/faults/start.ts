import { z } from 'zod'
import { commandEach } from './command.ts'
import { defineFault } from './fault.ts'
import { serverTargets } from './targets.ts'

/** The end of `stop`: the server listens again. (A killed one comes back with `lift: kill`.) */
export const start = defineFault({
  verb: 'start',
  about: 'A stopped server listens again.',
  schema: z.strictObject({ start: serverTargets }),
  targets: (step) => step.start,
  needs: () => ({}),
  async inject(_step, addresses, context) {
    return {
      evidence: await commandEach(addresses, context, (id, address) => ({ command: 'start', id, address })),
      mechanism: 'server',
    }
  },
  met: () => undefined,
})
