/** What `refuse`, `blackhole` and `unreachable` share: the runtime's own mechanism where it has one, else the server's. */
import type { Address } from '../../unit/protocol.ts'
import type { Capability, InjectedNetworkFault, NetworkFault } from '../runtimes/runtime.ts'
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
  const injected: InjectedNetworkFault[] = []
  for (const address of addresses) injected.push(await context.network({ kind, address, port: serverPort }))
  const counters = injected.flatMap(({ met }) => (met ? [met] : []))
  return {
    evidence: injected.map((fault) => fault.evidence),
    mechanism,
    lift: () => Promise.all(injected.map((fault) => fault.lift())),
    ...(counters.length > 0 && {
      met: async () => (await Promise.all(counters.map((met) => met()))).reduce((sum, met) => sum + met, 0),
    }),
  }
}
