import { z } from 'zod'
import { defineFault } from './fault.ts'
import { mayMiss, serverTargets } from './targets.ts'

/**
 * SIGSTOP: the process is there and does nothing. Its kernel still completes handshakes and takes data, so a client
 * connects and waits. This is what a hung process or a long garbage collection looks like from outside.
 */
export const freeze = defineFault({
  verb: 'freeze',
  about: 'The server process hangs (SIGSTOP): its kernel still accepts connections, nothing answers.',
  schema: z.strictObject({ freeze: serverTargets, may_miss: mayMiss }),
  targets: (step) => step.freeze,
  needs: () => ({ process: 'alone' }),
  async inject(_step, addresses, context) {
    const listened = await context.listening(addresses)
    return {
      evidence: await Promise.all(addresses.map((address) => context.process(address).freeze(context.signal))),
      mechanism: addresses.map((address) => context.process(address).freezesBy).find(Boolean) ?? 'SIGSTOP',
      async whyNotInForce(those) {
        const seen = await Promise.all(those.map((address) => context.process(address).whyNotFrozen()))
        // An engine learns a moment later than the client that a container has ended; its sockets are gone before.
        const listen = await context.listening(those)
        const ended = those.find((address) => listened.includes(address) && !listen.includes(address))
        return seen.find(Boolean) ?? (ended && `nothing listens on ${ended} any more`)
      },
      lift: (those) => Promise.all(those.map((address) => context.process(address).thaw(context.signal))),
    }
  },
  // A frozen server reports nothing: what met it is a connection the client used without an answer in that step.
  met: (_step, addresses, seen) =>
    seen.some((step) =>
      step.requests.some(
        (request) =>
          request.uses.some((use) => addresses.includes(use.address)) ||
          request.attempts.some((attempt) => addresses.includes(attempt.address)),
      ),
    ),
  seenByClient: true,
})
