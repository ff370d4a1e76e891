/** `failover-lab run`: from names on the command line to results, reports and an exit code. */
import { availableParallelism } from 'node:os'
import { clientProgram, missingProgram } from '../client-programs.ts'
import { LabError } from '../errors.ts'
import { writeJournals } from '../journal/file.ts'
import { openReporters } from '../reports/reporter.ts'
import type { MissingClient, Results, RunResult } from '../reports/result.ts'
import { run } from '../run/run.ts'
import { openLab } from '../runtimes/open.ts'
import type { Lab } from '../runtimes/runtime.ts'
import { shippedNames } from '../scenario/library.ts'
import type { ClientVariant, Scenario } from '../scenario/scenario.ts'
import { buildTimeline } from '../timeline/build.ts'
import { judge } from '../verdicts/judge.ts'
import { exitCodeOf } from './exit-code.ts'
import { printList } from './list-command.ts'
import { liveLine } from './live-line.ts'
import type { RunOptions } from './options.ts'
import { readScenarios } from './read-scenarios.ts'
import type { Terminal } from './terminal.ts'

interface PlannedRun {
  readonly scenario: Scenario
  readonly variant: ClientVariant
  readonly seed: number
  readonly repetition: number
}

/** Runs what was asked for; returns the exit code. */
export async function runCommand(options: RunOptions, terminal: Terminal, signal: AbortSignal): Promise<number> {
  if (options.scenarios.length === 0 && !options.all) return printList(terminal)
  let fallback: LabError | undefined
  const open = () => openLab(options.runtime, signal, (why) => (fallback ??= why))
  const first = open() // while the scenario is read: a namespace takes its time
  first.catch(() => {}) // awaited by the first run
  let firstTaken = false
  const takeLab = () => {
    if (firstTaken) return open()
    firstTaken = true
    return first
  }
  try {
    const scenarios = await loadAll(options, terminal)
    const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32)
    const { planned, missing } = plan(scenarios, options, seed)
    const live = liveLine(terminal)
    const reporters = openReporters(options.reporters, { terminal, full: scenarios.length <= 2 && planned.length <= 8, live })
    for (const client of missing) reporters.missing(client)
    const jobs = options.jobs ?? (options.runtime === 'loopback' ? 1 : availableParallelism() * 2)
    const runs = await runAll(
      planned,
      jobs,
      (one) =>
        runOne(one, options, takeLab(), signal, live.update, () =>
          reporters.note('Building the Go client, once; on a cold cache this takes a minute.', undefined),
        ),
      {
        isolated: async () => (await first).runtime !== 'loopback',
        onResult: (result) => reporters.run(result),
        signal,
      },
    )
    if (fallback) reporters.note(`${fallback.message} The loopback runtime was used instead.`, fallback.remedy)
    const results: Results = { runs, missing }
    await reporters.end(results)
    if (options.journal)
      await writeJournals(
        options.journal,
        runs.map((result) => result.journal),
      )
    return exitCodeOf(results, options.clients.length > 0)
  } finally {
    if (!firstTaken) await first.then((lab: Lab) => lab.stop()).catch(() => {})
  }
}

async function loadAll({ scenarios, all, ownClients }: RunOptions, terminal: Terminal): Promise<Scenario[]> {
  const names = all ? [...new Set([...(await shippedNames()), ...scenarios])] : scenarios
  return (await readScenarios(names, terminal, [...ownClients.keys()])).map(({ scenario }) => scenario)
}

/** Which runs to make: scenario × client × repetition; and the clients that cannot run here. */
function plan(
  scenarios: readonly Scenario[],
  options: RunOptions,
  seed: number,
): { planned: PlannedRun[]; missing: MissingClient[] } {
  const planned: PlannedRun[] = []
  const missing: MissingClient[] = []
  for (const scenario of scenarios) {
    for (const variant of variantsFor(scenario, options)) {
      const lacking = missingProgram(variant, options.ownClients)
      if (lacking) missing.push({ scenario: scenario.name, variant: variant.name, ...lacking })
      else for (let i = 0; i < options.repeat; i++) planned.push({ scenario, variant, seed: (seed + i) >>> 0, repetition: i + 1 })
    }
  }
  if (planned.length === 0 && missing.length === 0) {
    throw new LabError('CLIENT_UNKNOWN', `None of these scenarios names a client ${options.clients.join(', ')}.`, {
      remedy: `they name ${[...new Set(scenarios.flatMap((s) => s.variants.map((v) => v.name)))].join(', ')}; a program of your own: --client mine='COMMAND'`,
    })
  }
  return { planned, missing }
}

/** Variants by their own name or their client's; a client of the user's own runs every scenario that names no variant of it. */
function variantsFor(scenario: Scenario, { clients, ownClients }: RunOptions): readonly ClientVariant[] {
  if (clients.length === 0) return scenario.variants
  const named = scenario.variants.filter((variant) => clients.includes(variant.name) || clients.includes(variant.client))
  const own = clients.filter((name) => ownClients.has(name) && !named.some((variant) => variant.client === name))
  return [...named, ...own.map((name): ClientVariant => ({ name, client: name, settings: {} }))]
}

async function runOne(
  one: PlannedRun,
  options: RunOptions,
  lab: Promise<Lab>,
  signal: AbortSignal,
  onProgress: (what: string) => void,
  onBuild: () => void,
): Promise<RunResult> {
  const startedMs = performance.now()
  const tooLong = new AbortController()
  let timer: NodeJS.Timeout | undefined
  // Building a client, once, is no part of the run's own time.
  const program = clientProgram(one.variant, options.ownClients, onBuild).finally(() => {
    timer = setTimeout(
      () =>
        tooLong.abort(
          new LabError('RUN_TIMEOUT', `The run took longer than ${options.timeoutMs / 1000} s.`, {
            remedy: 'raise it with --timeout 5m',
          }),
        ),
      options.timeoutMs,
    )
  })
  program.catch(() => {}) // the run awaits it
  const label = `${one.scenario.name} · ${one.variant.name}`
  try {
    const journal = await run({
      ...one,
      lab,
      program: () => program,
      signal: AbortSignal.any([signal, tooLong.signal]),
      onProgress: (what) => onProgress(`${label}: ${what}`),
    })
    const timeline = buildTimeline(journal)
    return { journal, timeline, verdict: judge(timeline), tookMs: performance.now() - startedMs }
  } finally {
    clearTimeout(timer)
  }
}

interface Pool {
  readonly isolated: () => Promise<boolean>
  readonly onResult: (result: RunResult) => void
  readonly signal: AbortSignal
}

/** Runs `jobs` at a time where the runtime isolates, else one by one; results keep the planned order. */
async function runAll(
  planned: readonly PlannedRun[],
  jobs: number,
  start: (one: PlannedRun) => Promise<RunResult>,
  pool: Pool,
): Promise<RunResult[]> {
  const results: (RunResult | undefined)[] = []
  const width = planned.length > 1 && jobs > 1 && (await pool.isolated()) ? jobs : 1
  let next = 0
  let reported = 0
  const worker = async () => {
    for (let index = next++; index < planned.length && !pool.signal.aborted; index = next++) {
      const one = planned[index]
      if (!one) return
      results[index] = await start(one)
      pool.signal.throwIfAborted() // what an interrupted run has seen is no result
      for (let ready = results[reported]; ready; ready = results[++reported]) pool.onResult(ready)
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
  pool.signal.throwIfAborted()
  return results.filter((result) => result !== undefined)
}
