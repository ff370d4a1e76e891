/** What one client of a scenario must show in a step. */
import type { Expectation, ExpectationKey } from './expectation.ts'
import type { RequestStep } from './scenario.ts'

/** How a request ended can be said in two ways that exclude each other: answered, or failed. */
const answered: readonly ExpectationKey[] = ['status', 'body', 'served_by', 'process']
const failed: readonly ExpectationKey[] = ['error', 'message']

/**
 * `expect` with the keys replaced that `but` gives for the variant. An `error` there takes the place of the shared
 * `status` as well, and the other way round: nobody has to say twice that a failed request was not answered.
 */
export function expectationFor(step: RequestStep, variant: string): Expectation {
  const own = Object.hasOwn(step.but, variant) ? step.but[variant] : undefined
  if (!own) return step.expect
  const dropped = [...(own.error && !own.status ? answered : []), ...(own.status && !own.error ? failed : [])]
  const shared = Object.fromEntries(
    Object.entries(step.expect).filter(([key]) => !dropped.includes(key as ExpectationKey)),
  ) as Expectation
  return { ...shared, ...own }
}
