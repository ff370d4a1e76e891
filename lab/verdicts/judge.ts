/** From a timeline to a verdict. Pure: a saved journal is judged the same way again. */
import { LabError } from '../errors.ts'
import { faultOf } from '../faults/table.ts'
import type { Expectation, ExpectationKey } from '../scenario/expectation.ts'
import type { RequestSeen, StepSeen, Timeline } from '../timeline/timeline.ts'
import { type Finding, requestChecks, type RequestKey, stepChecks, type StepKey } from './checks.ts'
import type { Check, Outcome, Verdict } from './verdict.ts'

export function judge(timeline: Timeline): Verdict {
  const { scenario, variant } = timeline.run
  const allRequests = timeline.steps.flatMap((step) => step.requests)
  const checks = scenario.steps.flatMap((step, index): Check[] => {
    if (step.kind !== 'request') return []
    const seen = timeline.steps.find((entry) => entry.index === index)
    const expect = { ...step.expect, ...step.but[variant.name] }
    return seen?.endedUs === undefined ? [] : checkStep(index, withoutContradiction(expect, step.but[variant.name]), seen, allRequests)
  })
  const reasons = [...timeline.troubles.map(({ message, remedy }) => ({ message, remedy })), ...unmetFaults(timeline)]
  return { outcome: outcomeFor(checks, timeline, reasons.length > 0), checks, reasons }
}

/** A client that rightly fails where others are served: its `error` takes the place of the shared `status`, and the other way round. */
function withoutContradiction(expect: Expectation, own: Expectation | undefined): Expectation {
  if (own?.error) {
    const { status: _status, served_by: _served, body: _body, process: _process, ...rest } = expect
    return { ...rest, ...own }
  }
  if (own?.status) {
    const { error: _error, message: _message, ...rest } = expect
    return { ...rest, ...own }
  }
  return expect
}

function checkStep(step: number, expect: Expectation, seen: StepSeen, allRequests: readonly RequestSeen[]): Check[] {
  return (Object.keys(expect) as ExpectationKey[]).flatMap((key): Check[] => {
    const value = expect[key]
    if (value === undefined || key === 'tolerance') return []
    if (isRequestKey(key)) {
      const { each, values } = value as { each: boolean; values: readonly unknown[] }
      const check = requestChecks[key] as (expected: unknown, context: { request: RequestSeen; before: RequestSeen | undefined }) => Finding
      return seen.requests.map((request, repetition) => {
        const before = allRequests[allRequests.indexOf(request) - 1]
        const finding = check(values[each ? repetition : 0], { request, before })
        return toCheck(step, seen.requests.length > 1 ? repetition : undefined, key, finding, [request.request])
      })
    }
    const check = stepChecks[key as StepKey] as (expected: unknown, step: StepSeen, all: Expectation) => Finding
    return [toCheck(step, undefined, key, check(value, seen, expect), seen.requests.map((request) => request.request))]
  })
}

const isRequestKey = (key: ExpectationKey): key is RequestKey => key in requestChecks

function toCheck(step: number, repetition: number | undefined, key: string, { expected, seen, agrees, requests }: Finding, all: readonly number[]): Check {
  return { step, repetition, key, expected, seen, outcome: agrees === undefined ? 'inconclusive' : agrees ? 'pass' : 'fail', requests: requests ?? all }
}

/** A fault that nothing met has shown nothing: from its own step until it was lifted. */
function unmetFaults(timeline: Timeline): { message: string; remedy: string }[] {
  return timeline.run.scenario.steps.flatMap((step, index) => {
    if (step.kind !== 'fault' || step.mayMiss) return []
    const fault = timeline.steps.find((seen) => seen.index === index)?.fault
    if (!fault) return []
    const until = fault.liftedBy ?? Number.POSITIVE_INFINITY
    const window = timeline.steps.filter((seen) => seen.index >= index && seen.index < until)
    if (faultOf(step.verb).met(step.step, step.addresses, window, fault.counted) !== false) return []
    return [{ message: `Nothing met the fault of step ${index + 1} (${step.text}), so the run does not show what it does.`, remedy: 'make a request that meets it, or write `may_miss: true` in that step' }]
  })
}

function outcomeFor(checks: readonly Check[], timeline: Timeline, hasReasons: boolean): Outcome {
  if (timeline.troubles.some((trouble) => !new LabError(trouble.code as LabError['code'], '').inconclusive)) return 'broken'
  if (checks.some((check) => check.outcome === 'fail')) return 'fail'
  if (hasReasons || checks.length === 0 || checks.some((check) => check.outcome === 'inconclusive')) return 'inconclusive'
  return 'pass'
}
