/** How long a run must last at least, from what the scenario says: waits, and lower bounds of what its client must show. */
import { expectationFor } from './effective.ts'
import type { PerRequest } from './expectation.ts'
import type { ClientVariant, Scenario } from './scenario.ts'
import type { Range } from './values.ts'

/** Milliseconds. Long runs begin first, so that none is left alone at the end. */
export function scriptedWaitMs({ steps }: Scenario, variant: ClientVariant): number {
  return steps.reduce((total, step) => {
    if (step.kind === 'wait') return total + step.ms
    if (step.kind !== 'request') return total
    const { took, lookup_took, gap } = expectationFor(step, variant.name)
    const each = Math.max(leastOf(took, step.times), leastOf(lookup_took, step.times), gap?.min ?? 0)
    return total + each
  }, 0)
}

const leastOf = (expected: PerRequest<Range> | undefined, times: number): number => {
  if (!expected) return 0
  const mins = expected.values.map((range) => range.min ?? 0)
  return expected.each ? mins.reduce((sum, min) => sum + min, 0) : (mins[0] ?? 0) * times
}
