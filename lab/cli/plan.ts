/** Which runs a command makes: scenario × client × repetition; and the clients that cannot run here. */
import { missingInContainer, missingProgram } from '../client-programs.ts'
import { isCommandClient } from '../clients.ts'
import { LabError } from '../errors.ts'
import type { MissingClient } from '../reports/result.ts'
import { nearest } from '../scenario/nearest.ts'
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
  checkClients(scenarios, options)
  const planned: PlannedRun[] = []
  const missing: MissingClient[] = []
  for (const scenario of scenarios) {
    for (const variant of variantsFor(scenario, options)) {
      const lacking =
        options.runtime === 'docker'
          ? missingInContainer(variant, options.ownClients, options.clientImages)
          : missingProgram(variant, options.ownClients)
      if (lacking) missing.push({ scenario: scenario.name, variant: variant.name, ...lacking })
      else for (let i = 0; i < options.repeat; i++) planned.push({ scenario, variant, seed: (seed + i) >>> 0, repetition: i + 1 })
    }
  }
  return { planned, missing }
}

/** Variants by their own name or their client's; a command or a client of the user's own runs every scenario that names no variant of it. */
function variantsFor(scenario: Scenario, { clients, ownClients }: RunOptions): readonly ClientVariant[] {
  if (clients.length === 0) return scenario.variants
  const named = scenario.variants.filter((variant) => clients.includes(variant.name) || clients.includes(variant.client))
  const own = clients.filter((name) => runsAnywhere(name, ownClients) && !named.some((variant) => variant.client === name))
  return [...named, ...own.map((name): ClientVariant => ({ name, client: name, settings: {} }))]
}

const runsAnywhere = (name: string, ownClients: RunOptions['ownClients']): boolean =>
  ownClients.has(name) || isCommandClient(name)

/** A name that no scenario has is a mistake, also where the other names are right. */
function checkClients(scenarios: readonly Scenario[], { clients, ownClients }: RunOptions): void {
  const variants = scenarios.flatMap((scenario) => scenario.variants)
  const known = [...new Set(variants.map((variant) => variant.name))]
  const unknown = clients.find(
    (name) => !runsAnywhere(name, ownClients) && !variants.some((variant) => [variant.name, variant.client].includes(name)),
  )
  if (unknown === undefined) return
  const [only, more] = scenarios
  const whose = only && !more ? `The scenario ${only.name} has no client` : 'None of these scenarios has a client'
  const near = nearest(unknown, known)
  throw new LabError('CLIENT_UNKNOWN', `${whose} ${unknown}.`, {
    remedy: near ? `did you mean ${near}?` : `its clients: ${known.join(', ')}; a program of your own: --client mine='COMMAND'`,
  })
}
