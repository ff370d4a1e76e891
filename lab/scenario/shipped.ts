/** What a scenario that comes with the lab must be beyond valid: explained in a few lines, able to fail, and judged throughout. */
import { isJudged } from './check-steps.ts'
import type { Problem } from './problems.ts'
import type { Scenario } from './scenario.ts'

const aboutLines = { least: 3, most: 6, columns: 120 }

/** The problems of a shipped scenario; paths are those of its file. */
export function checkShipped(scenario: Scenario): Problem[] {
  const problems: Problem[] = []
  const say = (path: Problem['path'], message: string, help?: string) => void problems.push({ path, at: 'key', message, help })
  const lines = scenario.about === '' ? [] : scenario.about.split('\n')
  if (lines.length === 0)
    say(
      ['about'],
      '`about` is missing',
      `${aboutLines.least} to ${aboutLines.most} lines: what happens, why, where it is written, where it bites`,
    )
  else if (lines.length < aboutLines.least || lines.length > aboutLines.most) {
    say(
      ['about'],
      `\`about\` has ${lines.length} lines: ${aboutLines.least} to ${aboutLines.most} are enough for what happens, why, and where it bites`,
    )
  }
  const long = lines.findIndex((line) => line.length > aboutLines.columns)
  if (long !== -1)
    say(['about'], `line ${long + 1} of \`about\` has ${lines[long]?.length} columns: at most ${aboutLines.columns}`)
  if (!scenario.control && !scenario.steps.some((step) => step.kind === 'fault')) {
    say(
      ['steps'],
      'this scenario has no fault and no `control`, so nothing shows that it can fail',
      'such as control: { dns: { ha.lab.test: { order: as_written } } }',
    )
  }
  for (const [index, step] of scenario.steps.entries()) {
    if (step.kind !== 'request') continue
    if (!isJudged(step)) say(['steps', index, 'request'], 'this request has no `expect`')
    // Any client can be given any scenario: what `expect` says must hold for one that nobody here knows.
    if (step.expect.message && scenario.variants.length > 1)
      say(['steps', index, 'expect', 'message'], "`message` is one client's own words: write it under `but`")
  }
  return problems
}
