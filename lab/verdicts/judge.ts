/** From a timeline to a verdict. Pure: a saved journal is judged the same way again. */
import { LabError } from '../errors.ts'
import { faultOf } from '../faults/table.ts'
import { zonesOf } from '../scenario/draft.ts'
import { expectationFor } from '../scenario/effective.ts'
import type { Expectation, ExpectationKey } from '../scenario/expectation.ts'
import type { RequestSeen, StepSeen, Timeline } from '../timeline/timeline.ts'
import {
  type Finding,
  type RequestContext,
  type RequestKey,
  requestChecks,
  type StepContext,
  type StepKey,
  stepChecks,
} from './checks.ts'
import { type Reports, reportsDuring, reportsOf } from './reports-of.ts'
import type { Check, Outcome, Verdict } from './verdict.ts'

export function judge(timeline: Timeline): Verdict {
  const { scenario, variant } = timeline.run
  const allRequests = timeline.steps.flatMap((step) => step.requests)
  const reports = reportsOf(timeline)
  const checks = scenario.steps.flatMap((step, index): Check[] => {
    if (step.kind !== 'request') return []
    const seen = timeline.steps.find((entry) => entry.index === index)
    return seen?.endedUs === undefined
      ? []
      : checkStep(index, expectationFor(step, variant.name), seen, allRequests, reportsDuring(index, reports, timeline))
  })
  const reasons = [
    ...timeline.troubles.map(({ message, remedy }) => ({ message, remedy })),
    ...notSeen(timeline),
    ...(timeline.troubles.length > 0 ? [] : unmetFaults(timeline, reports)), // a run that stopped early says why
    ...unobserved(timeline, checks),
  ]
  return { outcome: outcomeFor(checks, timeline, reasons.length > 0), checks, reasons }
}

function checkStep(
  step: number,
  expect: Expectation,
  seen: StepSeen,
  allRequests: readonly RequestSeen[],
  reports: Reports,
): Check[] {
  return (Object.keys(expect) as ExpectationKey[]).flatMap((key): Check[] => {
    const value = expect[key]
    if (value === undefined || key === 'tolerance') return []
    if (isRequestKey(key)) {
      const { each, values } = value as { each: boolean; values: readonly unknown[] }
      const check = requestChecks[key] as (expected: unknown, context: RequestContext) => Finding
      return seen.requests.map((request, repetition) => {
        const before = allRequests[allRequests.indexOf(request) - 1]
        const finding = check(values[each ? repetition : 0], { request, before, reports })
        return toCheck(step, seen.requests.length > 1 ? repetition : undefined, key, finding, [request.request])
      })
    }
    const check = stepChecks[key as StepKey] as (expected: unknown, step: StepSeen, context: StepContext) => Finding
    return [
      toCheck(
        step,
        undefined,
        key,
        check(value, seen, { all: expect, reports }),
        seen.requests.map((request) => request.request),
      ),
    ]
  })
}

const isRequestKey = (key: ExpectationKey): key is RequestKey => key in requestChecks

function toCheck(
  step: number,
  repetition: number | undefined,
  key: string,
  { expected, seen, agrees, requests }: Finding,
  all: readonly number[],
): Check {
  return {
    step,
    repetition,
    key,
    expected,
    seen,
    outcome: agrees === undefined ? 'inconclusive' : agrees ? 'pass' : 'fail',
    requests: requests ?? all,
  }
}

type Reason = Verdict['reasons'][number]

/** What a verdict would need and the journal does not hold: a step that never ended, a request that was never reported. */
function notSeen(timeline: Timeline): Reason[] {
  const { steps } = timeline.run.scenario
  const reasons: Reason[] = []
  for (const [index, step] of steps.entries()) {
    const seen = timeline.steps.find((entry) => entry.index === index)
    if (seen?.endedUs === undefined) {
      // What stopped the run says so itself; a journal that was cut off does not.
      if (timeline.troubles.length > 0) return []
      return [{ message: `The journal ends before step ${index + 1} was over.`, remedy: 'run the scenario again' }]
    }
    if (step.kind !== 'request' || seen.requests.length === step.times) continue
    reasons.push({
      message: `The client reported ${seen.requests.length} of the ${step.times} requests of step ${index + 1}: \`request-started\` is missing.`,
      remedy: 'check it with `failover-lab client-check`',
    })
  }
  return reasons
}

/** A fault that nothing met has shown nothing: from its own step until it was lifted. */
function unmetFaults(timeline: Timeline, reports: Reports): { message: string; remedy: string }[] {
  const zones = zonesOf(timeline.run.scenario)
  return timeline.run.scenario.steps.flatMap((step, index) => {
    if (step.kind !== 'fault' || step.mayMiss) return []
    const fault = timeline.steps.find((seen) => seen.index === index)?.fault
    if (!fault) return []
    const until = fault.liftedBy ?? Number.POSITIVE_INFINITY
    const window = timeline.steps.filter((seen) => seen.index >= index && seen.index < until)
    const { met, seenByClient } = faultOf(step.verb)
    if (met(step.step, step.addresses, window, fault.counted, zones[index] ?? {}) !== false) return []
    const { observed } = timeline
    if (observed && (observed.unseen || step.verb === 'unreachable')) {
      const why = observed.unseen?.reason ?? 'an attempt that finds no route sends no packet'
      const remedy = observed.unseen?.remedy ?? 'run it with a client that reports its attempts'
      return [{ message: `It was not seen whether anything met the fault of step ${index + 1} (${step.text}): ${why}.`, remedy }]
    }
    if (seenByClient && fault.counted === undefined && !observed && !reports.attempts && !reports.connections) {
      return [
        {
          message: `It was not seen whether anything met the fault of step ${index + 1} (${step.text}): the client reports neither attempts nor connections.`,
          remedy: 'let it send `attempt-started` and `connection-used` (clients/README.md)',
        },
      ]
    }
    return [
      {
        message: `Nothing met the fault of step ${index + 1} (${step.text}), so the run does not show what it does.`,
        remedy: 'make a request that meets it, or write `may_miss: true` in that step',
      },
    ]
  })
}

/** Why a client that reports nothing itself could not be seen, where a check needed that. */
function unobserved({ observed }: Timeline, checks: readonly Check[]): Reason[] {
  if (!observed?.unseen || !checks.some((check) => check.outcome === 'inconclusive')) return []
  const { reason, remedy } = observed.unseen
  return [{ message: `The client's attempts and connections could not be seen: ${reason}.`, remedy }]
}

function outcomeFor(checks: readonly Check[], timeline: Timeline, hasReasons: boolean): Outcome {
  if (timeline.troubles.some((trouble) => !new LabError(trouble.code as LabError['code'], '').inconclusive)) return 'broken'
  if (checks.some((check) => check.outcome === 'fail')) return 'fail'
  if (hasReasons || checks.length === 0 || checks.some((check) => check.outcome === 'inconclusive')) return 'inconclusive'
  return 'pass'
}
