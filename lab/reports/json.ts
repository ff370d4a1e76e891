/** The report for programs: one JSON document with every run, its checks and its timeline. docs/reports.md gives its shape. */
import type { Reporter } from './reporter.ts'
import { countOf, type RunResult } from './result.ts'

export const json: Reporter = {
  run: () => '',
  missing: () => '',
  end({ runs, missing }) {
    const report = {
      version: 1,
      summary: {
        pass: countOf(runs, 'pass'),
        fail: countOf(runs, 'fail'),
        inconclusive: countOf(runs, 'inconclusive'),
        broken: countOf(runs, 'broken'),
        notRun: missing.length,
      },
      runs: runs.map(toJson),
      notRun: missing,
    }
    return `${JSON.stringify(report, null, 2)}\n`
  },
}

function toJson({ timeline, verdict, tookMs }: RunResult) {
  const { scenario, variant, seed, runtime, repetition } = timeline.run
  return {
    scenario: scenario.name,
    title: scenario.title,
    client: { variant: variant.name, settings: variant.settings, ...timeline.client },
    runtime,
    seed,
    repetition,
    outcome: verdict.outcome,
    tookMs: Math.round(tookMs),
    reasons: verdict.reasons,
    checks: verdict.checks.map((check) => ({ ...check, step: check.step + 1 })),
    steps: timeline.steps.map((step) => ({ ...step, index: step.index + 1 })),
  }
}
