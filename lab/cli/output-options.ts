/** Where a command's results go: `--reporter` and `--journal`, shared by `run` and `judge`. */
import { resolve } from 'node:path'
import { type OutputFile, openOutputFile } from '../reports/output-file.ts'
import { type OpenReport, type ReporterKind, reporterKinds } from '../reports/reporter.ts'
import { oneOf, usage } from './words.ts'

export interface ReporterChoice {
  readonly kind: ReporterKind
  /** Standard output if absent. */
  readonly file?: string
}
export interface OutputChoice {
  readonly reporters: readonly ReporterChoice[]
  readonly journal?: string
}
/** The same, looked at: each file can be written. */
export interface Outputs {
  readonly reports: readonly OpenReport[]
  readonly journal: OutputFile | undefined
}

/** For `parseWords`. */
export const reporterOption = { reporter: { type: 'string', multiple: true } } as const

export function outputChoice(given: { readonly reporter?: readonly string[]; readonly journal?: string }): OutputChoice {
  const { journal } = given
  const reporters = (given.reporter ?? ['pretty']).map(reporterChoice)
  if (journal === '') throw usage('--journal needs a file name.', 'write --journal run.jsonl')
  const [first, second] = reporters.filter((reporter) => reporter.file === undefined).map(({ kind }) => kind)
  if (second)
    throw usage(
      `Only one reporter can write to standard output, and ${first} and ${second} would.`,
      'give the others a file: --reporter junit=results.xml',
    )
  const files = [...reporters.map(({ file }) => file), journal].flatMap((file) => (file === undefined ? [] : resolve(file)))
  const twice = files.find((file, i) => files.indexOf(file) !== i)
  if (twice !== undefined && !twice.startsWith('/dev/'))
    throw usage(`Two outputs would both be written to ${twice}.`, 'give each a file of its own')
  return { reporters, ...(journal !== undefined && { journal }) }
}

/** Looks at every file before anything runs. */
export async function openOutputs({ reporters, journal }: OutputChoice): Promise<Outputs> {
  const reports: OpenReport[] = []
  for (const { kind, file } of reporters)
    reports.push({ kind, file: file === undefined ? undefined : await openOutputFile('report', file) })
  return { reports, journal: journal === undefined ? undefined : await openOutputFile('journal', journal) }
}

function reporterChoice(text: string): ReporterChoice {
  const [word = '', ...rest] = text.split('=')
  const kind = oneOf('reporter', word, reporterKinds)
  if (rest.length === 0) return { kind }
  const file = rest.join('=')
  if (file === '') throw usage(`--reporter ${text} needs a file name.`, `write --reporter ${kind}=FILE, or --reporter ${kind}`)
  return { kind, file }
}
