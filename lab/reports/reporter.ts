/** Reporters: each gets every run as it ends, and all of them at the end. A new one is a file and a line here. */
import type { LiveLine } from '../cli/live-line.ts'
import type { Terminal } from '../cli/terminal.ts'
import { github } from './github.ts'
import { json } from './json.ts'
import { junit } from './junit.ts'
import type { OutputFile } from './output-file.ts'
import { html } from './page/html.ts'
import { prettyLine, prettyMissing, prettyRun, prettySummary } from './pretty.ts'
import type { MissingClient, Results, RunResult } from './result.ts'
import { type Style, styleFor } from './style.ts'

/** Writes parts as they come; `end` closes the report. */
export interface Reporter {
  run(result: RunResult): string
  missing(client: MissingClient): string
  end(results: Results): string
}

const pretty = (style: Style, full: boolean): Reporter => ({
  run: (result) => (full ? `${prettyRun(result, style)}\n` : prettyLine(result, style)),
  missing: (client) => prettyMissing(client, style),
  end: (results) =>
    full && results.runs.length === 1 && results.missing.length === 0 ? '' : prettySummary(results, style, full),
})

const makers = {
  pretty,
  json: () => json,
  junit: () => junit,
  github: () => github,
  html: () => html,
} as const satisfies Readonly<Record<string, (style: Style, full: boolean) => Reporter>>

export type ReporterKind = keyof typeof makers
export const reporterKinds = Object.keys(makers) as readonly ReporterKind[]

/** A report with the place it goes to. */
export interface OpenReport {
  readonly kind: ReporterKind
  /** Standard output if undefined. */
  readonly file: OutputFile | undefined
}
export interface Reporters {
  run(result: RunResult): void
  missing(client: MissingClient): void
  note(text: string, remedy: string | undefined): void
  /** Rejects if a file could not be written. */
  end(results: Results): Promise<void>
}

export function openReporters(
  reports: readonly OpenReport[],
  { terminal, full, live }: { readonly terminal: Terminal; readonly full: boolean; readonly live: LiveLine },
): Reporters {
  const opened = reports.map(({ kind, file }) => {
    const reporter = makers[kind](file === undefined ? terminal.style : styleFor(false), full)
    const parts: string[] = []
    const write = (text: string) => {
      live.clear()
      if (file === undefined) terminal.write(text)
      else parts.push(text)
    }
    return { reporter, file, parts, write }
  })
  return {
    run(result) {
      for (const { reporter, write } of opened) write(reporter.run(result))
    },
    missing(client) {
      for (const { reporter, write } of opened) write(reporter.missing(client))
    },
    note(text, remedy) {
      live.clear()
      terminal.writeError(
        `${terminal.errorStyle.unsure('note')}  ${text}${remedy ? `\n      ${terminal.errorStyle.dim(terminal.asTyped(remedy))}` : ''}\n`,
      )
    },
    async end(results) {
      const failed: unknown[] = [] // the others are written all the same
      for (const { reporter, file, parts, write } of opened) {
        write(reporter.end(results))
        await file?.write(parts.join('')).catch((error: unknown) => failed.push(error))
      }
      if (failed.length > 0) throw failed[0]
      const files = opened.flatMap(({ file }) => (file ? [file.name] : []))
      if (files.length === 0 || files.length < opened.length) return // standard output says it
      live.clear()
      terminal.writeError(`${prettySummary(results, terminal.errorStyle).trimEnd()} → ${files.join(', ')}\n`)
    },
  }
}
