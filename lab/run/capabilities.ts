/** What a scenario and its client need of the lab. */
import type { Address } from '../../unit/protocol.ts'
import { needsSystemResolver } from '../clients.ts'
import { LabError } from '../errors.ts'
import { faultOf } from '../faults/table.ts'
import type { Capability, Lab } from '../runtimes/runtime.ts'
import type { ClientVariant, Scenario } from '../scenario/scenario.ts'
import type { ServerProcess } from './units.ts'

/** All that the scenario and the client need is asked for before anything starts. */
export async function checkCapabilities(scenario: Scenario, variant: ClientVariant, lab: Lab): Promise<void> {
  const needed = new Set<Capability>(needsSystemResolver(variant, scenario.resolver))
  if (scenario.servers.some((server) => server.address.includes(':'))) needed.add('ipv6')
  for (const step of scenario.steps) {
    if (step.kind === 'fault')
      for (const capability of faultOf(step.verb).needs(step.step).capabilities ?? []) needed.add(capability)
  }
  for (const capability of needed) {
    const probe = await lab.probe(capability)
    if (!probe.can) throw missing(capability, probe)
  }
}

export const missing = (capability: Capability, probe: { readonly reason: string; readonly remedy: string }) =>
  new LabError('CAPABILITY_MISSING', `This needs ${capability}: ${probe.reason}.`, { remedy: probe.remedy })

/** The least of a process that every fault of a server can do with. */
export function processOf(scenario: Scenario, address: Address): ServerProcess {
  const needs = scenario.steps.flatMap((step) =>
    step.kind === 'fault' && step.addresses.includes(address) ? [faultOf(step.verb).needs(step.step).process] : [],
  )
  return needs.includes('supervised') ? 'supervised' : needs.includes('alone') ? 'alone' : 'shared'
}
