/** A check's report as text: what is wrong, the line that shows it, and the rule. */
import pc from 'picocolors'
import type { CheckReport } from './check.ts'
import { type Mistake, optionalEvents, rules } from './rules.ts'

const lineShown = 160
/** The same mistake comes with every request: the first few say enough. */
const shownOfOneRule = 3

/** The report for a terminal, without a final line feed. `colors` is one of picocolors' (`createColors(false)`: none). */
export function printCheck(
  report: CheckReport,
  colors: Pick<typeof pc, 'bold' | 'dim' | 'green' | 'red' | 'yellow'> = pc,
): string {
  const out: string[] = []
  if (report.ready) out.push(`${report.ready.client} ${report.ready.version}, resolver ${report.ready.resolver}`)
  if (report.unable) {
    out.push(`${colors.yellow('unable')}  The client cannot run here: ${report.unable.reason}`)
    if (report.unable.remedy) out.push(`        ${report.unable.remedy}`)
  }
  for (const rule of new Set(report.mistakes.map((mistake) => mistake.rule))) {
    const broken = report.mistakes.filter((mistake) => mistake.rule === rule)
    out.push('', ...broken.slice(0, shownOfOneRule).flatMap((mistake) => printMistake(mistake, colors)))
    if (broken.length > shownOfOneRule) out.push(`  and ${broken.length - shownOfOneRule} more against this rule`)
    out.push(`  rule: ${rules[rule]}`)
  }
  if (report.mistakes.length > 0 && report.errorText.trim() !== '') {
    out.push(
      '',
      'Its standard error ends with:',
      ...report.errorText
        .trimEnd()
        .split('\n')
        .slice(-5)
        .map((line) => colors.dim(`  ${line}`)),
    )
  }
  if (report.neverSent.length > 0) {
    out.push('', 'It never sent these, so expectations of them would be inconclusive:')
    for (const kind of report.neverSent) out.push(`  ${kind.padEnd(18)}${colors.dim(optionalEvents[kind])}`)
  }
  if (report.passed)
    out.push(
      '',
      `${colors.green('ok')}  ${report.plays} requests, no mistake: it can be used with --client NAME='${report.argv.join(' ')}'`,
    )
  else if (report.mistakes.length > 0)
    out.push(
      '',
      `${colors.red('not ok')}  ${count(report.mistakes.length, 'mistake')} in ${count(report.plays, 'request')}; the protocol: clients/README.md`,
    )
  return out.join('\n').replace(/^\n+/, '')
}

function printMistake({ says, line }: Mistake, colors: Pick<typeof pc, 'bold' | 'dim' | 'red'>): string[] {
  const shown = line && (line.text.length > lineShown ? `${line.text.slice(0, lineShown - 1)}…` : line.text)
  return [`${colors.red('✗')} ${colors.bold(says)}`, ...(line ? [colors.dim(`  line ${line.number}: ${shown}`)] : [])]
}

const count = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`
