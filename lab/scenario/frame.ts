/** Problems as a person reads them: where, what, the lines around it, and what to write instead. */
import pc from 'picocolors'
import type { PlacedProblem } from './problems.ts'

export interface FrameOptions {
  readonly color?: boolean | undefined
}

const contextLines = 2
const widest = 110
/** More than this fills a screen and helps nobody; the rest is counted. */
const shownProblems = 25

/** Every problem of one file, by place, each with its lines and a caret run under the key or value that is wrong. */
export function formatProblems(
  file: string,
  text: string,
  problems: readonly PlacedProblem[],
  { color = false }: FrameOptions = {},
): string {
  const paint = pc.createColors(color)
  const lines = text.split('\n')
  const blocks = problems.slice(0, shownProblems).map((problem) => {
    const place = `${visible(file)}:${problem.line}:${problem.column}`
    const help = problem.help === undefined ? '' : `\n${paint.dim('  = ')}${visible(problem.help)}`
    return `${paint.cyan(place)}: ${paint.bold(visible(problem.message))}\n${frame(lines, problem, paint)}${help}\n`
  })
  const more = problems.length - blocks.length
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  const rest = more > 0 ? ` (${more} more than shown)` : ''
  return `${blocks.join('\n')}\n${paint.red(count)} in ${visible(file)}${rest}\n`
}

function frame(lines: readonly string[], problem: PlacedProblem, paint: ReturnType<typeof pc.createColors>): string {
  const first = Math.max(1, problem.line - contextLines)
  const last = Math.min(lines.length - (lines.at(-1) === '' ? 1 : 0), problem.line + contextLines)
  const gutter = String(Math.max(first, last, problem.line)).length
  const shown: string[] = []
  // A long line is shown from a little before the mistake.
  const from = problem.column > widest - 30 ? problem.column - 40 : 0
  for (let number = first; number <= Math.max(last, problem.line); number++) {
    const isHere = number === problem.line
    const line = crop((lines[number - 1] ?? '').replace(/\r$/, ''), isHere ? from : 0)
    const mark = isHere ? paint.red('>') : ' '
    shown.push(`${mark} ${paint.dim(`${String(number).padStart(gutter)} |`)} ${isHere ? line : paint.dim(line)}`.trimEnd())
    if (isHere)
      shown.push(`  ${paint.dim(`${' '.repeat(gutter)} |`)} ${caret(lines[number - 1] ?? '', from, problem, paint.red)}`)
  }
  return shown.join('\n')
}

function caret(line: string, from: number, { column, length }: PlacedProblem, paint: (text: string) => string): string {
  const lead = from === 0 ? 0 : 1
  const before = columnsOf(line.slice(from, column - 1)) + lead
  const run = Math.max(1, columnsOf(line.slice(column - 1, column - 1 + length)))
  return ' '.repeat(before) + paint('^'.repeat(Math.max(1, Math.min(run, widest - before))))
}

function crop(line: string, from: number): string {
  const part = line.slice(from, from + widest)
  return `${from > 0 ? '…' : ''}${visible(part)}${line.length > from + widest ? '…' : ''}`
}

/** Nothing of a file reaches the terminal as a command: control characters are shown as one column each. */
function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is replaced
  return text.replace(/\t/g, ' ').replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, '·')
}

/** Columns of a terminal: East Asian wide characters and emoji take two, combining marks none. */
function columnsOf(text: string): number {
  let columns = 0
  for (const character of visible(text)) {
    if (/\p{Mark}/u.test(character)) continue
    columns +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        character,
      )
        ? 2
        : 1
  }
  return columns
}
