import type { Journal } from '../journal/journal.ts'
import type { Timeline } from '../timeline/timeline.ts'
import type { Outcome, Verdict } from '../verdicts/verdict.ts'

/** One finished run, as every reporter gets it. */
export interface RunResult {
  readonly journal: Journal
  readonly timeline: Timeline
  readonly verdict: Verdict
  /** Wall-clock time of the whole run, with its lab. */
  readonly tookMs: number
}

/** A client that the scenario names and this machine cannot run. */
export interface MissingClient {
  readonly scenario: string
  readonly variant: string
  readonly reason: string
  readonly remedy: string
}
export interface Results {
  readonly runs: readonly RunResult[]
  readonly missing: readonly MissingClient[]
}

export const countOf = (runs: readonly Pick<RunResult, 'verdict'>[], outcome: Outcome): number =>
  runs.filter(({ verdict }) => verdict.outcome === outcome).length
