/** The report for GitHub Actions: workflow commands that become annotations. */
import type { Reporter } from './reporter.ts'
import { countOf } from './result.ts'

export const github: Reporter = {
  run({ timeline, verdict }) {
    const { scenario, variant } = timeline.run
    const title = `${scenario.name} with ${variant.name}`
    const failed = verdict.checks
      .filter((check) => check.outcome !== 'pass')
      .map(({ step, repetition, key, expected, seen, outcome }) => {
        const where = `step ${step + 1}${repetition === undefined ? '' : `, request ${repetition + 1}`}`
        return annotation(outcome === 'fail' ? 'error' : 'warning', title, `${where}: ${key}: expected ${expected}, seen ${seen}`)
      })
    const reasons = verdict.reasons.map(({ message, remedy }) =>
      annotation(verdict.outcome === 'broken' ? 'error' : 'warning', title, remedy ? `${message}\n${remedy}` : message),
    )
    return [...failed, ...reasons].join('')
  },
  missing: ({ scenario, variant, reason, remedy }) =>
    annotation('notice', `${scenario} with ${variant} was not run`, `${reason}: ${remedy}`),
  end: ({ runs }) => `${countOf(runs, 'pass')} of ${runs.length} runs passed\n`,
}

const annotation = (level: 'error' | 'warning' | 'notice', title: string, message: string): string =>
  `::${level} title=${escapeProperty(title)}::${escapeData(message)}\n`

const escapeData = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
const escapeProperty = (text: string): string => escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
