import { setTimeout as pause } from 'node:timers/promises'
import type { PutInForce } from './fault.ts'

/** Holds back every response. Ending the fault lets go what is held. */
export const slow: PutInForce<'slow'> = (fault, { report }) => {
  const held = new Set<AbortController>()
  return {
    detail: `responses are held back by ${fault.delayMs} ms`,
    remaining: () => fault,
    async meetExchange({ connection }) {
      report({ event: 'fault-met', peerPort: connection.peerPort, fault: 'slow' })
      const letGo = new AbortController()
      held.add(letGo)
      connection.closed.then(() => letGo.abort())
      await pause(fault.delayMs, undefined, { signal: letGo.signal }).catch(() => undefined)
      held.delete(letGo)
      return undefined
    },
    end() {
      for (const letGo of held) letGo.abort()
    },
  }
}
