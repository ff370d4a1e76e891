/** Which runs a command makes: scenario × client × repetition; and the clients that cannot run here. */
import { missingProgram } from '../client-programs.ts'
import { LabError } from '../errors.ts'
import type { MissingClient } from '../reports/result.ts'
import type { ClientVariant, Scenario } from '../scenario/scenario.ts'
import type { RunOptions } from './options.ts'

export interface PlannedRun {
  readonly scenario: Scenario
  readonly variant: ClientVariant
  readonly seed: number
  readonly repetition: number
}

export function planRuns(
  scenarios: readonly Scenario[],
  options: RunOptions,
  seed: number,
): { readonly planned: readonly PlannedRun[]; readonly missing: readonly MissingClient[] } {
  const planned: PlannedRun[] = []
  const missing: MissingClient[] = []
  for (const scenario of scenarios) {
    for (const variant of variantsFor(scenario, options)) {
      const lacking = missingProgram(variant, options.ownClients)
      if (lacking) missing.push({ scenario: scenario.name, variant: variant.name, ...lacking })
      else for (let i = 0; i < options.repeat; i++) planned.push({ scenario, variant, seed: (seed + i) >>> 0, repetition: i + 1 })
    }
  }
  if (planned.length === 0 && missing.length === 0) throw noClient(scenarios, options)
  return { planned, missing }
}

/** Variants by their own name or their client's; a client of the user's own runs every scenario that names no variant of it. */
function variantsFor(scenario: Scenario, { clients, ownClients }: RunOptions): readonly ClientVariant[] {
  if (clients.length === 0) return scenario.variants
  const named = scenario.variants.filter((variant) => clients.includes(variant.name) || clients.includes(variant.client))
  const own = clients.filter((name) => ownClients.has(name) && !named.some((variant) => variant.client === name))
  return [...named, ...own.map((name): ClientVariant => ({ name, client: name, settings: {} }))]
}

function noClient(scenarios: readonly Scenario[], { clients }: RunOptions): LabError {
  const known = [...new Set(scenarios.flatMap((scenario) => scenario.variants.map((variant) => variant.name)))]
  return new LabError('CLIENT_UNKNOWN', `None of these scenarios names a client ${clients.join(', ')}.`, {
    remedy: `they name ${known.join(', ')}; a program of your own: --client mine='COMMAND'`,
  })
}
