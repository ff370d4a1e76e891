/** From the text of a scenario file to a Scenario, or to every problem it has, each with its place. */
import { readDocument } from './document.ts'
import { normalize } from './normalize.ts'
import type { PlacedProblem, Problem, Report } from './problems.ts'
import type { Scenario } from './scenario.ts'
import { placeIn, textProblem } from './text.ts'

export type Parsed =
  | { readonly ok: true; readonly scenario: Scenario }
  | { readonly ok: false; readonly problems: readonly PlacedProblem[] }

/** Nobody reads further; a file can hold ten thousands. */
const maxProblems = 200

/**
 * Parses and checks one file; `name` is what the scenario is called from then on, `ownClients` are those that the command
 * line registers. Never throws for bad input.
 */
export function parseScenario(text: string, name: string, ownClients: readonly string[] = []): Parsed {
  const unfit = textProblem(text)
  const read = unfit ? { problems: [unfit] } : readDocument(text)
  const place = placeIn(text)
  if ('problems' in read) {
    const placed = read.problems.slice(0, maxProblems).map(({ offset, length, message, help }) => ({
      path: [],
      at: 'value' as const,
      message,
      help,
      ...place(offset, offset + length),
    }))
    return { ok: false, problems: inOrder(placed) }
  }
  const problems: Problem[] = []
  const report: Report = (path, message, { at = 'value', help } = {}) => void problems.push({ path, message, at, help })
  const scenario = normalize(read.document.value, name, report, ownClients)
  if (scenario) return { ok: true, scenario: deepFreeze(scenario) }
  const placed = problems
    .slice(0, maxProblems)
    .map((problem) => ({ ...problem, ...place(...read.document.rangeOf(problem.path, problem.at)) }))
  return { ok: false, problems: inOrder(placed) }
}

/** By place, and each once. */
function inOrder(problems: readonly PlacedProblem[]): PlacedProblem[] {
  const seen = new Set<string>()
  return problems
    .filter(({ line, column, message }) => {
      const key = `${line}:${column}:${message}`
      return seen.has(key) ? false : Boolean(seen.add(key))
    })
    .sort((a, b) => a.line - b.line || a.column - b.column)
}

/** Nothing after this changes a scenario. */
function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const part of Object.values(value)) deepFreeze(part)
  return Object.freeze(value)
}
