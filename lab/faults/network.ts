/** What `refuse`, `blackhole` and `unreachable` share: the runtime's own mechanism where it has one, else the server's. */
import type { Address } from '../../unit/protocol.ts'
import type { Capability, Evidence, InjectedNetworkFault, NetworkFault } from '../runtimes/runtime.ts'
import { serverPort } from '../scenario/values.ts'
import { injectServerFault } from './command.ts'
import type { FaultContext, InForce } from './fault.ts'

/** Mechanisms that the web server itself provides; every runtime has them. */
export const serverMechanisms = { refuse: 'closed listener', 'blackhole-new': 'full accept queue' } as const

export async function injectNetworkFault(
  kind: NetworkFault['kind'] & Capability,
  addresses: readonly Address[],
  context: FaultContext,
): Promise<InForce> {
  const mechanism = await context.mechanism(kind)
  if (mechanism === serverMechanisms.refuse || mechanism === serverMechanisms['blackhole-new']) {
    const fault = kind === 'refuse' ? ({ kind: 'refuse' } as const) : ({ kind: 'blackhole' } as const)
    return injectServerFault(fault, addresses, context, mechanism)
  }
  const injected = new Map<Address, InjectedNetworkFault>()
  for (const address of addresses) injected.set(address, await context.network({ kind, address, port: serverPort }))
  const all = [...injected.values()]
  /** Of those that were lifted. */
  let counted = 0
  const lift = async (those: readonly Address[]) => {
    const evidence: Evidence[] = []
    for (const address of those) {
      const fault = injected.get(address)
      if (!fault) continue
      counted += (await fault.met?.()) ?? 0
      injected.delete(address)
      evidence.push(await fault.lift())
    }
    return evidence
  }
  return {
    evidence: all.map((fault) => fault.evidence),
    mechanism,
    lift,
    giveWay: async (those) => void (await lift(those)),
    ...(all.some(({ met }) => met) && {
      async met() {
        let sum = counted
        for (const fault of injected.values()) sum += (await fault.met?.()) ?? 0
        return sum
      },
    }),
  }
}
