import { LabError } from '../errors.ts'
import { loadScenario, shippedNames } from '../scenario/library.ts'
import { parseScenario } from '../scenario/parse.ts'
import { reportProblems } from './problems-error.ts'
import type { Terminal } from './terminal.ts'

/** `failover-lab validate FILE …`: every problem of every file; without a file, the shipped ones. */
export async function validateCommand(files: readonly string[], terminal: Terminal): Promise<number> {
  const unknown = files.find((file) => file.startsWith('-'))
  if (unknown) throw new LabError('USAGE', `\`validate\` has no option ${unknown}.`, { remedy: 'it takes names or paths of scenario files' })
  const sources = await Promise.all((files.length > 0 ? files : await shippedNames()).map(loadScenario))
  const bad = sources.flatMap((source) => {
    const parsed = parseScenario(source.text, source.name)
    return parsed.ok ? [] : [{ source, problems: parsed.problems }]
  })
  if (bad.length > 0) throw reportProblems(bad)
  for (const { file } of sources) terminal.write(`${terminal.style.good('✓')} ${file}\n`)
  return 0
}
