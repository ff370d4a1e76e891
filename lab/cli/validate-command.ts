import { LabError } from '../errors.ts'
import { shippedNames } from '../scenario/library.ts'
import { readScenarios } from './read-scenarios.ts'
import type { Terminal } from './terminal.ts'

/** `failover-lab validate FILE …`: every problem of every file; without a file, the shipped ones. */
export async function validateCommand(files: readonly string[], terminal: Terminal): Promise<number> {
  const unknown = files.find((file) => file.startsWith('-'))
  if (unknown)
    throw new LabError('USAGE', `\`validate\` has no option ${unknown}.`, { remedy: 'it takes names or paths of scenario files' })
  const { read, bad } = await readScenarios(files.length > 0 ? files : await shippedNames(), terminal)
  for (const { source } of read) terminal.write(`${terminal.style.good('✓')} ${source.file}\n`)
  if (bad > 0)
    throw new LabError(
      'SCENARIO_INVALID',
      `${bad} of ${read.length + bad} file${read.length + bad === 1 ? '' : 's'} ${bad === 1 ? 'has' : 'have'} problems.`,
      {
        remedy: 'docs/language.md has every key',
      },
    )
  return 0
}
