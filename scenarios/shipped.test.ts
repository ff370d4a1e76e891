/** Every shipped scenario passes with every client this machine has, in each runtime, or says why it cannot be seen there. */
import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { test } from 'node:test'
import { missingProgram } from '../lab/client-programs.ts'
import { runtimes } from '../lab/runtimes/open.ts'
import { loadScenario, shippedNames } from '../lab/scenario/library.ts'
import { parseScenario } from '../lab/scenario/parse.ts'
import { lab } from '../lab/testing/command.ts'
import { ownNetwork } from '../lab/testing/own-network.ts'
import { account, inParallel, runScenario, whyNot } from '../lab/testing/run-scenario.ts'
import type { Verdict } from '../lab/verdicts/verdict.ts'

for (const runtime of ['netns', 'docker'] as const) {
  const skip = await whyNot(runtime)
  const width = (availableParallelism() * runtimes[runtime].runsPerCore) / 2

  test(`in ${runtime}, every shipped scenario passes`, { skip }, async (t) => {
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
      if (result.verdict.outcome === 'pass') passed += 1
      else bad.push(account(result))
    })
    t.diagnostic(`${passed} of ${planned.length} runs passed in ${runtime}`)
    assert.deepEqual(bad, [])
  })
}

/** What `loopback` cannot show says what could. Its ports are this machine's, so it gets a network of its own where there can be one. */
test('in loopback, every shipped scenario passes or says why it cannot be seen', async (t) => {
  const { stdout, stderr } = await lab(['run', '--all', '--runtime', 'loopback', '--seed', '1', '--reporter', 'json'], {
    prefix: ownNetwork,
    longestMs: 600_000,
  })
  assert.match(stdout, /^\{/, stderr)
  const { runs } = JSON.parse(stdout) as { runs: (Pick<Verdict, 'outcome' | 'reasons'> & Record<string, unknown>)[] }
  const excused = runs.filter(({ outcome, reasons }) => outcome === 'inconclusive' && reasons.every((reason) => reason.remedy))
  const passed = runs.filter(({ outcome }) => outcome === 'pass')
  const bad = runs.filter((run) => !excused.includes(run) && !passed.includes(run))
  t.diagnostic(`${passed.length} of ${runs.length} runs passed; ${excused.length} said why not`)
  assert.deepEqual(bad, [])
  assert.ok(passed.length > excused.length)
})
