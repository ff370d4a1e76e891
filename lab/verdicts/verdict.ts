/** What judging gives: a verdict for the run, made of checks, each with what was expected and what was seen. */

/** `broken`: the lab itself failed, so the run says nothing. */
export type Outcome = 'pass' | 'fail' | 'inconclusive' | 'broken'

export interface Check {
  /** Index of the step in the scenario. */
  readonly step: number
  /** Which repetition, from 0; undefined for a check of the whole step. */
  readonly repetition: number | undefined
  readonly key: string
  readonly expected: string
  readonly seen: string
  readonly outcome: 'pass' | 'fail' | 'inconclusive'
  /** Requests (their numbers) whose events prove it. */
  readonly requests: readonly number[]
}
export interface Verdict {
  readonly outcome: Outcome
  readonly checks: readonly Check[]
  /** Why it is inconclusive or broken, and what to do. */
  readonly reasons: readonly { readonly message: string; readonly remedy?: string | undefined }[]
}
