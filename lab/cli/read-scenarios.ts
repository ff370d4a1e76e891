/** From names on the command line to scenarios, or to every problem of every file at once. */
import { LabError } from '../errors.ts'
import { formatProblems } from '../scenario/frame.ts'
import { loadScenario, type ScenarioSource } from '../scenario/library.ts'
import { parseScenario } from '../scenario/parse.ts'
import type { Scenario } from '../scenario/scenario.ts'
import type { Terminal } from './terminal.ts'

export interface ReadScenario {
  readonly source: ScenarioSource
  readonly scenario: Scenario
}

/** Throws SCENARIO_INVALID once the problems have been shown. */
export async function readScenarios(
  names: readonly string[],
  terminal: Terminal,
  ownClients: readonly string[] = [],
): Promise<ReadScenario[]> {
  const sources = await Promise.all(names.map(loadScenario))
  const read: ReadScenario[] = []
  let bad = 0
  for (const source of sources) {
    const parsed = parseScenario(source.text, source.name, ownClients)
    if (parsed.ok) {
      read.push({ source, scenario: parsed.scenario })
      continue
    }
    bad += 1
    const color = terminal.errorStyle.bold('x') !== 'x'
    terminal.writeError(`${formatProblems(source.file, source.text, parsed.problems, { color })}\n`)
  }
  if (bad > 0)
    throw new LabError(
      'SCENARIO_INVALID',
      bad === 1 ? 'The scenario was not run.' : `${bad} scenarios have problems; nothing was run.`,
    )
  return read
}
