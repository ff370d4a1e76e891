/**
 * Fault injection is believed only with its control: for each shipped scenario, each fault taken out (or its `control`
 * applied) must change the verdict, with every client.
 */
import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { test } from 'node:test'
import { missingProgram } from '../lab/client-programs.ts'
import { openLab } from '../lab/runtimes/open.ts'
import { loadScenario, shippedNames } from '../lab/scenario/library.ts'
import { parseScenario } from '../lab/scenario/parse.ts'
import type { Scenario } from '../lab/scenario/scenario.ts'
import { account, inParallel, runScenario } from '../lab/testing/run-scenario.ts'

const probe = await openLab('auto', AbortSignal.timeout(10_000), () => {})
await probe.stop()
const width = probe.runtime === 'netns' ? availableParallelism() * 2 : 1

/** The scenario with one thing changed, and what was changed. */
function changed(scenario: Scenario): { readonly what: string; readonly scenario: Scenario }[] {
  const withoutFaults = scenario.steps.flatMap((step, index) =>
    step.kind === 'fault'
      ? [
          {
            what: `without step ${index + 1} (${step.text})`,
            scenario: { ...scenario, steps: scenario.steps.filter((_, i) => i !== index) },
          },
        ]
      : [],
  )
  const { control } = scenario
  if (!control) return withoutFaults
  const zone = Object.fromEntries(
    Object.entries({ ...scenario.zone, ...control.dns }).map(([name, entry]) => [
      name,
      { ...scenario.zone[name], ...entry, ...control.dns?.[name] },
    ]),
  )
  const variants = scenario.variants.map((variant) => ({ ...variant, settings: { ...variant.settings, ...control.client } }))
  return [
    ...withoutFaults,
    {
      what: 'with its control',
      scenario: { ...scenario, zone, variants, resolver: { ...scenario.resolver, ...control.resolver } },
    },
  ]
}

for (const name of await shippedNames()) {
  test(`${name}: no fault can be taken out without changing the verdict`, async (t) => {
    const { text } = await loadScenario(name)
    const parsed = parseScenario(text, name)
    assert.ok(parsed.ok, JSON.stringify(parsed))
    const changes = changed(parsed.scenario)
    assert.ok(changes.length > 0, 'a shipped scenario has a fault or a control')
    const runs = changes.flatMap(({ what, scenario }) => scenario.variants.map((variant) => ({ what, scenario, variant })))
    const lacking = parsed.scenario.variants.filter((variant) => missingProgram(variant, new Map()))
    if (lacking.length > 0)
      t.diagnostic(
        `not run: ${lacking.map((variant) => `${variant.name} (${missingProgram(variant, new Map())?.reason})`).join(', ')}`,
      )
    const still: string[] = []
    await inParallel(
      runs.filter(({ variant }) => !lacking.some((other) => other.name === variant.name)),
      width,
      async ({ what, scenario, variant }) => {
        const result = await runScenario({ scenario, variant })
        if (result.verdict.outcome === 'pass' || result.verdict.outcome === 'broken') still.push(`${what}: ${account(result)}`)
      },
    )
    assert.deepEqual(still, [])
  })
}
