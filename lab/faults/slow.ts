import { z } from 'zod'
import { duration } from '../scenario/values.ts'
import { injectServerFault } from './command.ts'
import { defineFault } from './fault.ts'
import { serverSaidMet } from './met.ts'
import { mayMiss, serverTargets } from './targets.ts'

/** An overloaded server: it answers, late. */
export const slow = defineFault({
  verb: 'slow',
  about: 'The server answers late.',
  schema: z.strictObject({ slow: serverTargets, by: duration.describe('How late each response is.'), may_miss: mayMiss }),
  targets: (step) => step.slow,
  needs: () => ({}),
  inject: (step, addresses, context) => injectServerFault({ kind: 'slow', delayMs: step.by }, addresses, context),
  met: (_step, addresses, seen) => serverSaidMet(addresses, seen, 'slow'),
})
