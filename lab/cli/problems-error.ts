import { LabError } from '../errors.ts'
import type { PlacedProblem } from '../scenario/problems.ts'
import type { ScenarioSource } from '../scenario/library.ts'

/** The problems of one or more files as one error; its message is what the user reads. */
export function reportProblems(bad: readonly { readonly source: ScenarioSource; readonly problems: readonly PlacedProblem[] }[]): LabError {
  const text = bad.flatMap(({ source, problems }) => problems.map((problem) => `${source.file}:${problem.line}:${problem.column}: ${problem.message}`))
  return new LabError('SCENARIO_INVALID', text.join('\n'))
}
