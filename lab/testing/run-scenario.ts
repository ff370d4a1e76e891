/** Runs scenarios in a test, as the command line would, and gives back the verdict. */
import { clientProgram } from '../client-programs.ts'
import { LabError } from '../errors.ts'
import type { RunResult } from '../reports/result.ts'
import { run } from '../run/run.ts'
import { openLab, type RuntimeChoice, runtimes } from '../runtimes/open.ts'
import type { RuntimeKind } from '../runtimes/runtime.ts'
import type { ClientVariant, Scenario } from '../scenario/scenario.ts'
import { buildTimeline } from '../timeline/build.ts'
import { judge } from '../verdicts/judge.ts'

export interface TestRun {
  readonly scenario: Scenario
  readonly variant: ClientVariant
  readonly seed?: number
  readonly runtime?: RuntimeChoice
}

export async function runScenario({ scenario, variant, seed = 1, runtime = 'auto' }: TestRun): Promise<RunResult> {
  const signal = AbortSignal.timeout(120_000)
  const startedMs = performance.now()
  const lab = openLab(runtime, signal, () => {})
  const journal = await run({
    scenario,
    variant,
    seed,
    repetition: 1,
    signal,
    lab,
    program: async () => {
      const { target } = await lab
      return clientProgram(variant, new Map(), () => {}, signal, target && { target, images: new Map() })
    },
  })
  const timeline = buildTimeline(journal)
  return { journal, timeline, verdict: judge(timeline), tookMs: performance.now() - startedMs }
}

/** Why a runtime does not work on this machine; false if it does. */
export async function whyNot(kind: RuntimeKind): Promise<string | false> {
  const { check, open } = runtimes[kind]
  try {
    if (kind === 'loopback')
      await check?.() // opening it would wait for tests in other processes
    else await (await open(AbortSignal.timeout(10_000))).stop()
    return false
  } catch (error) {
    if (error instanceof LabError) return error.message
    throw error
  }
}

/** Runs `task` for each item, `width` at a time. */
export async function inParallel<T>(items: readonly T[], width: number, task: (item: T) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await task(item)
  }
  await Promise.all(Array.from({ length: width }, worker))
}

/** A short account of a verdict, for a test's message. */
export function account({ timeline, verdict }: RunResult): string {
  const failed = verdict.checks
    .filter((check) => check.outcome !== 'pass')
    .map((check) => `step ${check.step + 1} ${check.key}: expected ${check.expected}, seen ${check.seen}`)
  const { scenario, variant, seed } = timeline.run
  return [
    `${scenario.name} with ${variant.name}, seed ${seed}: ${verdict.outcome}`,
    ...failed,
    ...verdict.reasons.map((reason) => reason.message),
  ].join('\n  ')
}
