import type { Results } from '../reports/result.ts'

/** 0 all pass, 1 a fail, 2 an inconclusive, 3 the lab or a file is at fault (or a client that was asked for is missing). */
export const exitCodes = { pass: 0, fail: 1, inconclusive: 2, broken: 3, interrupted: 130 } as const

export function exitCodeOf({ runs, missing }: Results, clientsWereAskedFor: boolean): number {
  const has = (outcome: keyof typeof exitCodes) => runs.some((run) => run.verdict.outcome === outcome)
  if (has('broken') || (clientsWereAskedFor && missing.length > 0) || runs.length === 0) return exitCodes.broken
  if (has('fail')) return exitCodes.fail
  return has('inconclusive') ? exitCodes.inconclusive : exitCodes.pass
}
