import { readJournals } from '../journal/file.ts'
import { openReporters } from '../reports/reporter.ts'
import type { Results, RunResult } from '../reports/result.ts'
import { buildTimeline } from '../timeline/build.ts'
import { judge } from '../verdicts/judge.ts'
import { exitCodeOf } from './exit-code.ts'
import { liveLine } from './live-line.ts'
import type { Terminal } from './terminal.ts'

/** `failover-lab judge FILE`: judges a saved journal again and prints it. */
export async function judgeCommand(files: readonly string[], terminal: Terminal): Promise<number> {
  const journals = (await Promise.all(files.map(readJournals))).flat()
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
  const reporters = openReporters([{ kind: 'pretty', file: undefined }], {
    terminal,
    full: runs.length <= 8,
    live: liveLine(terminal),
  })
  for (const result of runs) reporters.run(result)
  await reporters.end(results)
  return exitCodeOf(results, false)
}
