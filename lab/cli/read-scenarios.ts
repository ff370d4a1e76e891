/** From names on the command line to scenarios, or to every problem of every file at once. */
import { formatProblems } from '../scenario/frame.ts'
import { loadScenario, type ScenarioSource } from '../scenario/library.ts'
import { parseScenario } from '../scenario/parse.ts'
import type { Scenario } from '../scenario/scenario.ts'
import type { Terminal } from './terminal.ts'

export interface ReadScenario {
  readonly source: ScenarioSource
  readonly scenario: Scenario
}

/** Shows the problems of every file that has some; `bad` is how many those are. */
export async function readScenarios(
  names: readonly string[],
  terminal: Terminal,
  ownClients: readonly string[] = [],
): Promise<{ readonly read: readonly ReadScenario[]; readonly bad: number }> {
  const sources = await Promise.all(names.map(loadScenario))
  const read: ReadScenario[] = []
  const color = terminal.errorStyle.bold('x') !== 'x'
  for (const source of sources) {
    const parsed = parseScenario(source.text, source.name, ownClients)
    if (parsed.ok) read.push({ source, scenario: parsed.scenario })
    else terminal.writeError(`${formatProblems(source.file, source.text, parsed.problems, { color })}\n`)
  }
  return { read, bad: sources.length - read.length }
}
