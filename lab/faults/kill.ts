import { z } from 'zod'
import { clientClosedEach } from './command.ts'
import { defineFault } from './fault.ts'
import { closedOrRefused } from './met.ts'
import { atOnce, mayMiss, serverTargets } from './targets.ts'

/** SIGKILL: the kernel closes what the process had open. `start` brings a new process. */
export const kill = defineFault({
  verb: 'kill',
  about: 'The server process is killed (SIGKILL); the kernel closes its sockets.',
  schema: z.strictObject({ kill: serverTargets, at_once: atOnce, may_miss: mayMiss }),
  targets: (step) => step.kill,
  needs: () => ({ process: 'alone' }),
  async inject(step, addresses, context) {
    const evidence = await Promise.all(
      addresses.map(async (address) => {
        const gone = await context.process(address).kill(context.signal)
        return [gone, await context.notListening(address)]
      }),
    )
    if (!step.at_once) await clientClosedEach(addresses, context, 'all')
    return {
      evidence: evidence.flat(),
      mechanism: 'SIGKILL',
      lift: (those) => Promise.all(those.map((address) => context.start(address))),
    }
  },
  met: (_step, addresses, seen) => closedOrRefused(addresses, seen),
  seenByClient: true,
})
