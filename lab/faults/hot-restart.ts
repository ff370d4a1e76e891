import { z } from 'zod'
import { commandEach } from './command.ts'
import { defineFault } from './fault.ts'
import { mayMiss, serverTargets } from './targets.ts'

/**
 * A restart that closes no port, as Envoy does it: a new process takes the listening socket, the old one keeps its open
 * connections. `drain` ends the old process.
 */
export const hotRestart = defineFault({
  verb: 'hot_restart',
  about: 'A new process takes over the listening socket; the old one keeps its open connections until `drain`.',
  schema: z.strictObject({ hot_restart: serverTargets, may_miss: mayMiss }),
  targets: (step) => step.hot_restart,
  needs: () => ({ process: 'supervised' }),
  async inject(_step, addresses, context) {
    const evidence = await commandEach(addresses, context, (id, address) => ({ command: 'hot-restart', id, address }))
    return { evidence, mechanism: 'server' }
  },
  met: (_step, addresses, seen) =>
    seen.some((step) =>
      step.requests.some((request) => request.served.some((served) => addresses.includes(served.address) && served.process > 1)),
    ),
})
