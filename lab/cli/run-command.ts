/** `failover-lab run`: from names on the command line to results, reports and an exit code. */
import { availableParallelism } from 'node:os'
import { clientProgram } from '../client-programs.ts'
import { LabError } from '../errors.ts'
import { journalText } from '../journal/file.ts'
import type { Journal } from '../journal/journal.ts'
import { openReporters } from '../reports/reporter.ts'
import type { Results, RunResult } from '../reports/result.ts'
import { run } from '../run/run.ts'
import { runtimes } from '../runtimes/open.ts'
import type { ClientTarget, Lab } from '../runtimes/runtime.ts'
import { shippedNames } from '../scenario/library.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { scriptedWaitMs } from '../scenario/scripted-wait.ts'
import { buildTimeline } from '../timeline/build.ts'
import { judge } from '../verdicts/judge.ts'
import { exitCodeOf } from './exit-code.ts'
import { areFewEnough } from './full.ts'
import { LabSource } from './lab-source.ts'
import { printList } from './list-command.ts'
import { liveLine } from './live-line.ts'
import type { RunOptions } from './options.ts'
import { type Outputs, openOutputs } from './output-options.ts'
import { type PlannedRun, planRuns } from './plan.ts'
import { runPool } from './pool.ts'
import { readScenarios } from './read-scenarios.ts'
import type { Terminal } from './terminal.ts'

/** Runs what was asked for; returns the exit code. */
export async function runCommand(options: RunOptions, terminal: Terminal, signal: AbortSignal): Promise<number> {
  if (options.scenarios.length === 0 && !options.all) return printList(terminal)
  const outputs = await openOutputs(options.outputs)
  // With nobody left to read it a run goes on only for the files that were asked for.
  const until = hasFiles(outputs) ? signal : AbortSignal.any([signal, terminal.readerGone])
  const labs = new LabSource(options, until)
  try {
    return await runWith(labs, outputs, options, terminal, until)
  } finally {
    await labs[Symbol.asyncDispose]()
  }
}

const hasFiles = ({ reports, journal }: Outputs): boolean =>
  journal !== undefined || reports.some(({ file }) => file !== undefined)

async function runWith(
  labs: LabSource,
  { reports, journal }: Outputs,
  options: RunOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const scenarios = await loadAll(options, terminal)
  const { planned, missing } = planRuns(scenarios, options, options.seed ?? Math.floor(Math.random() * 2 ** 32))
  const live = liveLine(terminal)
  const full = areFewEnough(scenarios.length, planned.length)
  const reporters = openReporters(reports, { terminal, full, live })
  labs.listen({
    tell: live.update,
    onWait: ({ who, remedy }) => {
      reporters.note(
        `${who} is using this machine's loopback addresses; waiting for at most ${options.timeoutMs / 1000} s.`,
        remedy,
      )
      live.update('waiting for another lab to end')
    },
  })
  const { runtime, target } = await labs.first
  if (labs.fallback) reporters.note(`${labs.fallback.message} The loopback runtime is used instead.`, labs.fallback.remedy)
  for (const client of missing) reporters.missing(client)
  const { runsPerCore } = runtimes[runtime]
  const jobs = runsPerCore > 0 ? (options.jobs ?? availableParallelism() * runsPerCore) : 1
  let done = 0
  const progress: Progress = {
    update: (what) => live.update(planned.length > 1 ? `${done} of ${planned.length} done · ${what}` : what),
    onBuild: () => reporters.note('Building the Go client, once; on a cold cache this takes a minute.', undefined),
  }
  const start = async (one: PlannedRun) => {
    const result = await runOne(one, options, labs.take(), target, signal, progress)
    done += 1
    return result
  }
  const runs = await runPool(planned, start, {
    width: Math.min(jobs, planned.length),
    weight: ({ scenario, variant }) => scriptedWaitMs(scenario, variant),
    onResult: (result) => reporters.run(result),
    signal,
  })
  const results: Results = { runs, missing }
  const ended = await Promise.allSettled([
    reporters.end(results),
    journal?.write(journalText(runs.map((result) => result.journal))),
  ])
  for (const output of ended) if (output.status === 'rejected') throw output.reason
  return exitCodeOf(results, options.clients.length > 0)
}

async function loadAll({ scenarios, all, ownClients }: RunOptions, terminal: Terminal): Promise<Scenario[]> {
  const names = all ? [...new Set([...(await shippedNames()), ...scenarios])] : scenarios
  const { read, bad } = await readScenarios(names, terminal, [...ownClients.keys()])
  if (bad > 0)
    throw new LabError(
      'SCENARIO_INVALID',
      bad === 1 && read.length === 0
        ? 'The scenario was not run.'
        : `${bad} of ${names.length} scenarios ${bad === 1 ? 'has' : 'have'} problems; nothing was run.`,
      { remedy: 'docs/language.md has every key' },
    )
  return read.map(({ scenario }) => scenario)
}

interface Progress {
  readonly update: (what: string) => void
  readonly onBuild: () => void
}

async function runOne(
  one: PlannedRun,
  options: RunOptions,
  lab: Promise<Lab>,
  target: ClientTarget | undefined,
  signal: AbortSignal,
  { update, onBuild }: Progress,
): Promise<RunResult> {
  let startedMs = performance.now()
  let wasBuilt = false
  const tooLong = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let isOver = false
  let last = 'starting'
  // Building a client, once, is no part of the run's own time.
  const place = target && { target, images: options.clientImages }
  const noteBuild = () => {
    wasBuilt = true
    onBuild()
  }
  const program = clientProgram(one.variant, options.ownClients, noteBuild, signal, place).finally(() => {
    if (isOver) return // the run ended before its client was there
    if (wasBuilt) startedMs = performance.now()
    timer = setTimeout(() => tooLong.abort(tookTooLong(options.timeoutMs, last)), options.timeoutMs)
  })
  program.catch(() => {}) // the run awaits it
  const label = `${one.scenario.name} · ${one.variant.name}`
  try {
    const journal = await run({
      ...one,
      lab,
      program: () => program,
      signal: AbortSignal.any([signal, tooLong.signal]),
      onProgress(what) {
        last = what
        update(`${label}: ${what}`)
      },
    })
    if (signal.aborted) throwWhatRemains(journal)
    const timeline = buildTimeline(journal)
    return { journal, timeline, verdict: judge(timeline), tookMs: performance.now() - startedMs }
  } finally {
    isOver = true
    clearTimeout(timer)
    if (signal.aborted) await program.catch(() => {}) // a build is gone before the command is
  }
}

/** A run that was interrupted is not reported, but for this. */
function throwWhatRemains(journal: Journal): void {
  for (const entry of journal)
    if (entry.event === 'trouble' && entry.code === 'LEFT_BEHIND')
      throw new LabError('LEFT_BEHIND', entry.message, { remedy: entry.remedy })
}

const tookTooLong = (timeoutMs: number, last: string): LabError =>
  new LabError('RUN_TIMEOUT', `The run took longer than ${timeoutMs / 1000} s; it got as far as ${last}.`, {
    remedy: 'raise it with --timeout 5m',
  })
