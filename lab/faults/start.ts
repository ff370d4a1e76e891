import { z } from 'zod'
import { defineFault } from './fault.ts'
import { serverTargets } from './targets.ts'

/** The end of `stop` and of `kill`: the server listens again, a killed one as a new process. */
export const start = defineFault({
  verb: 'start',
  about: 'A stopped or killed server listens again.',
  schema: z.strictObject({ start: serverTargets }),
  targets: (step) => step.start,
  needs: () => ({}),
  async inject(_step, addresses, context) {
    return {
      evidence: await Promise.all(addresses.map((address) => context.start(address))),
      mechanism: 'server',
    }
  },
  met: () => undefined,
})
