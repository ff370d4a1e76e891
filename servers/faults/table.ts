import type { ServerFault } from '../../unit/protocol.ts'
import { blackhole } from './blackhole.ts'
import type { FaultInForce, FaultyServer, PutInForce } from './fault.ts'
import { refuse } from './refuse.ts'
import { reset } from './reset.ts'
import { slow } from './slow.ts'
import { status } from './status.ts'

/** Every kind of fault, in the order in which a request meets them. */
export const faults: { readonly [K in ServerFault['kind']]: PutInForce<K> } = { slow, status, reset, refuse, blackhole }

/** Puts any fault in force. */
export async function putInForce(fault: ServerFault, server: FaultyServer): Promise<FaultInForce> {
  switch (fault.kind) {
    case 'slow':
      return faults.slow(fault, server)
    case 'status':
      return faults.status(fault, server)
    case 'reset':
      return faults.reset(fault, server)
    case 'refuse':
      return faults.refuse(fault, server)
    case 'blackhole':
      return faults.blackhole(fault, server)
    default:
      throw new Error(`No such fault: ${JSON.stringify(fault satisfies never)}. There are ${Object.keys(faults).join(', ')}.`)
  }
}
