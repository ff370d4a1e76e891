/** Runs arranged for the page: by scenario, and in it by client. */

import type { Scenario } from '../../scenario/scenario.ts'
import { clientFacts, describeClient } from '../describe.ts'
import type { RunResult } from '../result.ts'

export type ShownRun = Pick<RunResult, 'timeline' | 'verdict' | 'tookMs'>

/** The repetitions of one scenario with one client. */
export interface Lane {
  readonly variant: string
  /** The variant; where several lanes have it, with what tells them apart. */
  readonly name: string
  /** Program, version, resolver, settings, runtime. */
  readonly client: string
  readonly runs: readonly ShownRun[]
  /** The first that did not pass, or the first. */
  readonly shown: ShownRun
}
export interface ScenarioGroup {
  readonly id: string
  readonly scenario: Scenario
  readonly lanes: readonly Lane[]
}

export function groupRuns(runs: readonly ShownRun[]): ScenarioGroup[] {
  const groups = partition(runs, ({ timeline }) => JSON.stringify(timeline.run.scenario))
  return groups.flatMap((group, i) => {
    const [first] = group
    return first ? [{ id: `scenario-${i + 1}`, scenario: first.timeline.run.scenario, lanes: lanesOf(group) }] : []
  })
}

function lanesOf(runs: readonly ShownRun[]): Lane[] {
  const lanes = partition(runs, ({ timeline }) => `${timeline.run.variant.name} ${describeClient(timeline)}`).flatMap((same) => {
    const shown = same.find(({ verdict }) => verdict.outcome !== 'pass') ?? same[0]
    return shown ? [{ runs: same, shown, facts: clientFacts(shown.timeline) }] : []
  })
  const nameOf = (run: ShownRun) => run.timeline.run.variant.name
  return lanes.map(({ runs: same, shown, facts }) => {
    const namesakes = lanes.filter((other) => nameOf(other.shown) === nameOf(shown))
    const own = facts.filter((fact) => !namesakes.every((other) => other.facts.includes(fact)))
    const name = own.length > 0 ? `${nameOf(shown)} (${own.join(', ')})` : nameOf(shown)
    return { variant: nameOf(shown), name, client: describeClient(shown.timeline), runs: same, shown }
  })
}

/** In the order in which each key comes first. */
function partition<T>(all: readonly T[], keyOf: (one: T) => string): T[][] {
  const parts = new Map<string, T[]>()
  for (const one of all) {
    const key = keyOf(one)
    const part = parts.get(key)
    if (part) part.push(one)
    else parts.set(key, [one])
  }
  return [...parts.values()]
}
