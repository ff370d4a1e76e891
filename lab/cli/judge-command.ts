import { resolve } from 'node:path'
import { readJournals } from '../journal/file.ts'
import { openReporters } from '../reports/reporter.ts'
import type { Results, RunResult } from '../reports/result.ts'
import { buildTimeline } from '../timeline/build.ts'
import { judge } from '../verdicts/judge.ts'
import { exitCodeOf } from './exit-code.ts'
import { areFewEnough } from './full.ts'
import { liveLine } from './live-line.ts'
import { openOutputs, outputChoice, reporterOption } from './output-options.ts'
import type { Terminal } from './terminal.ts'
import { parseWords, usage } from './words.ts'

/** `failover-lab judge FILE …`: judges saved journals again and prints them, as `run` would. */
export async function judgeCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals: files } = parseWords('judge', args, reporterOption)
  if (files.length === 0) throw usage('`judge` needs a journal.', 'write one with `failover-lab run all-down --journal FILE`')
  const choice = outputChoice(values)
  const journalFiles = files.map((file) => resolve(file))
  const over = choice.reporters.find(({ file }) => file !== undefined && journalFiles.includes(resolve(file)))
  if (over) throw usage(`The report ${over.file} would be written over the journal.`, 'give it a file of its own')
  const journals = (await Promise.all(files.map(readJournals))).flat()
  const { reports } = await openOutputs(choice)
  const runs = journals.map((journal): RunResult => {
    const timeline = buildTimeline(journal)
    return {
      journal,
      timeline,
      verdict: judge(timeline),
      tookMs: ((timeline.endedUs ?? timeline.startedUs) - timeline.startedUs) / 1000,
    }
  })
  const results: Results = { runs, missing: [] }
  const scenarios = new Set(runs.map(({ timeline }) => timeline.run.scenario.name))
  const full = areFewEnough(scenarios.size, runs.length)
  const reporters = openReporters(reports, { terminal, full, live: liveLine(terminal) })
  for (const result of runs) reporters.run(result)
  await reporters.end(results)
  return exitCodeOf(results, false)
}
