/** Every shipped scenario passes with every client this machine has, in each runtime, or says why it cannot be seen there. */
import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { test } from 'node:test'
import { missingProgram } from '../lab/client-programs.ts'
import { LabError } from '../lab/errors.ts'
import { runtimes } from '../lab/runtimes/open.ts'
import { loadScenario, shippedNames } from '../lab/scenario/library.ts'
import { parseScenario } from '../lab/scenario/parse.ts'
import { account, inParallel, runScenario } from '../lab/testing/run-scenario.ts'

for (const runtime of ['netns', 'docker', 'loopback'] as const) {
  const lab = await runtimes[runtime].open(AbortSignal.timeout(10_000)).catch((error: unknown) => error)
  const skip = lab instanceof LabError ? lab.message : false
  if (!(lab instanceof LabError)) await (lab as { stop(): Promise<void> }).stop()
  const width = Math.max(1, (availableParallelism() * runtimes[runtime].runsPerCore) / 2)

  test(`in ${runtime}, every shipped scenario passes or says why it cannot be seen`, { skip }, async (t) => {
    const planned = []
    for (const name of await shippedNames()) {
      const { text } = await loadScenario(name)
      const parsed = parseScenario(text, name)
      assert.ok(parsed.ok, `${name}: ${JSON.stringify(parsed)}`)
      for (const variant of parsed.scenario.variants) {
        const lacking = missingProgram(variant, new Map())
        if (lacking) t.diagnostic(`${name} with ${variant.name} was not run: ${lacking.reason}`)
        else planned.push({ scenario: parsed.scenario, variant })
      }
    }
    const bad: string[] = []
    let passed = 0
    await inParallel(planned, width, async (one) => {
      const result = await runScenario({ ...one, runtime, seed: 1 })
      const { outcome, reasons } = result.verdict
      // Only loopback may be unable to show something, and then it names a remedy.
      const excused = runtime === 'loopback' && outcome === 'inconclusive' && reasons.every((reason) => reason.remedy)
      if (outcome === 'pass') passed += 1
      else if (!excused) bad.push(account(result))
    })
    t.diagnostic(`${passed} of ${planned.length} runs passed in ${runtime}; the others said why not`)
    assert.deepEqual(bad, [])
  })
}
