/** The report for people: what happened, indented by request, then each expectation with what was seen. */
import type { Scenario, Step } from '../scenario/scenario.ts'
import type { RequestSeen, StepSeen } from '../timeline/timeline.ts'
import { msText } from '../verdicts/checks.ts'
import type { Check } from '../verdicts/verdict.ts'
import { describeClient, describeStep, groupChecks, heldWords, outcomes, outcomeWords } from './describe.ts'
import { printable } from './printable.ts'
import { countOf, type MissingClient, type Results, type RunResult } from './result.ts'
import { byOutcome, outcomeMark, type Style } from './style.ts'
import { traceRequest } from './trace.ts'

/** Requests of one step that are shown in full. */
const shownRequests = 3

/** One run with its whole trace. */
export function prettyRun(raw: RunResult, style: Style): string {
  const result: RunResult = { ...raw, timeline: printable(raw.timeline), verdict: printable(raw.verdict) }
  const { timeline } = result
  const { scenario } = timeline.run
  const lines = [`${style.bold(scenario.name)}  ${scenario.title}`, style.dim(`${describeRun(result)}`), '']
  for (const [index, step] of scenario.steps.entries()) {
    const seen = timeline.steps.find((entry) => entry.index === index)
    const checks = result.verdict.checks.filter((check) => check.step === index)
    lines.push(...stepLines(index, step, seen, checks, style))
  }
  const reasons = reasonLines(result, style)
  if (reasons.length > 0 && lines.at(-1) !== '') lines.push('') // after a step that was not reached
  lines.push(...reasons, verdictLine(result, style))
  return `${lines.join('\n')}\n`
}

/** One run in one line; with its trace where it did not pass. */
export function prettyLine(result: RunResult, style: Style): string {
  const { scenario, variant } = result.timeline.run
  const colour = byOutcome(style, result.verdict.outcome)
  const checks = result.verdict.checks.length
  const line = `${colour(outcomeMark[result.verdict.outcome])} ${scenario.name.padEnd(26)} ${variant.name.padEnd(12)} ${style.dim(`${String(checks).padStart(4)} checks ${msText(result.tookMs).padStart(9)}`)}`
  if (result.verdict.outcome === 'pass') return `${line}\n`
  if (result.verdict.outcome === 'fail') return `${line}\n\n${prettyRun(result, style)}\n`
  return `${[line, ...reasonLines({ ...result, verdict: printable(result.verdict) }, style)].join('\n')}\n`
}

export function prettyMissing({ scenario, variant, reason, remedy }: MissingClient, style: Style): string {
  return `${style.dim('-')} ${scenario.padEnd(26)} ${variant.padEnd(12)} ${style.unsure('not run')}: ${reason}. ${style.dim(`To add it: ${remedy}`)}\n`
}

/** What all runs together came to; with the seed that makes all of them again, where the runs themselves did not show it. */
export function prettySummary({ runs, missing }: Results, style: Style, seedWasShown = false): string {
  const parts = outcomes
    .map((outcome) => ({ outcome, count: countOf(runs, outcome) }))
    .filter(({ outcome, count }) => outcome === 'pass' || count > 0)
    .map(({ outcome, count }) => byOutcome(style, outcome)(`${count} ${outcomeWords[outcome]}`))
  const notRun = missing.length > 0 ? [style.unsure(`${missing.length} not run`)] : []
  const [seed, other] = [...new Set(runs.map(({ timeline: { run } }) => (run.seed - run.repetition + 1) >>> 0))]
  const withSeed = seedWasShown || seed === undefined || other !== undefined ? '' : style.dim(` · seed ${seed}`)
  return `${style.bold(`${runs.length} run${runs.length === 1 ? '' : 's'}`)}: ${[...parts, ...notRun].join(', ')}${withSeed}\n`
}

function describeRun({ timeline }: RunResult): string {
  const { run, client } = timeline
  return `${run.variant.name} ${client ? '=' : '·'} ${describeClient(timeline)} · seed ${run.seed}`
}

function stepLines(index: number, step: Step, seen: StepSeen | undefined, checks: readonly Check[], style: Style): string[] {
  const number = style.dim(`${index + 1}`.padStart(2))
  if (!seen) return [`${number}  ${style.dim(`${describeStep(step)}  (not reached)`)}`]
  if (step.kind !== 'request') return [`${number}  ${style.unsure(describeStep(step))}`, ...evidenceLines(seen, style), '']
  const shown = seen.requests.length > shownRequests ? seen.requests.slice(0, 1) : seen.requests
  const lines = [`${number}  ${style.bold(describeStep(step))}`]
  for (const [i, request] of shown.entries()) {
    if (seen.requests.length > 1) lines.push(style.dim(`    request ${i + 1} of ${seen.requests.length}`))
    lines.push(...traceRequest(request, style).map((row) => `    ${row}`))
  }
  if (shown.length < seen.requests.length) lines.push(style.dim(`    … and ${seen.requests.length - shown.length} more`))
  return [...lines, ...checkLines(checks, seen.requests, style), '']
}

function evidenceLines({ fault }: StepSeen, style: Style): string[] {
  if (!fault) return []
  const counted = fault.counted === undefined ? [] : [`met: ${fault.counted} packet${fault.counted === 1 ? '' : 's'}`]
  return [...fault.evidence.map((line) => `in force: ${line}`), ...counted].map((line) => style.dim(`      ${line}`))
}

/** Passing checks share a line each key; a failing one shows expected, seen, and the request that proves it. */
function checkLines(checks: readonly Check[], requests: readonly RequestSeen[], style: Style): string[] {
  return groupChecks(checks).flatMap(({ key, bad, seen, expected }) => {
    if (bad.length === 0)
      return [`    ${style.good('✓')} ${key.padEnd(11)} ${seen}${expected ? style.dim(`  (expected ${expected})`) : ''}`]
    return bad
      .slice(0, shownRequests)
      .flatMap((check) => failedCheck(check, requests, style))
      .concat(bad.length > shownRequests ? [style.dim(`      … and ${bad.length - shownRequests} more like this`)] : [])
  })
}

function failedCheck(check: Check, requests: readonly RequestSeen[], style: Style): string[] {
  const where = check.repetition === undefined ? '' : ` (request ${check.repetition + 1})`
  const colour = byOutcome(style, check.outcome)
  const isShown = check.repetition === undefined || check.repetition === 0 || requests.length <= shownRequests
  const proof = isShown ? [] : requests.filter((request) => check.requests.includes(request.request))
  return [
    `    ${colour(outcomeMark[check.outcome])} ${colour(check.key)}${where}`,
    `        expected  ${check.expected}`,
    `        seen      ${colour(check.seen)}`,
    ...proof.flatMap((request) => [
      style.dim(`        request ${requests.indexOf(request) + 1} of ${requests.length}`),
      ...traceRequest(request, style).map((row) => `        ${row}`),
    ]),
  ]
}

function reasonLines({ verdict }: RunResult, style: Style): string[] {
  return verdict.reasons.flatMap(({ message, remedy }) => [
    `    ${style.unsure('why')}  ${message}`,
    ...(remedy ? [`    ${style.dim('do')}   ${remedy}`] : []),
  ])
}

function verdictLine({ verdict, tookMs, timeline }: RunResult, style: Style): string {
  const colour = byOutcome(style, verdict.outcome)
  return `${colour(style.bold(`${outcomeMark[verdict.outcome]} ${verdict.outcome}`))}  ${timeline.run.scenario.name} with ${timeline.run.variant.name}: ${heldWords(verdict)} ${style.dim(`(${msText(tookMs)})`)}`
}

/** The name of a scenario and what it is about, for the list. */
export const prettyListLine = (scenario: Pick<Scenario, 'name' | 'title'>, style: Style): string =>
  `${style.word(scenario.name.padEnd(26))} ${scenario.title}\n`
