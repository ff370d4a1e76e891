import pc from 'picocolors'
import type { Outcome } from '../verdicts/verdict.ts'

/** Colours by meaning; without colour each returns its text as it is. */
export interface Style {
  readonly dim: (text: string) => string
  readonly bold: (text: string) => string
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly unsure: (text: string) => string
  readonly word: (text: string) => string
}

export function styleFor(color: boolean): Style {
  const c = pc.createColors(color)
  return { dim: c.dim, bold: c.bold, good: c.green, bad: c.red, unsure: c.yellow, word: c.cyan }
}

export const outcomeMark = { pass: '✓', fail: '✗', inconclusive: '?', broken: '!' } as const satisfies Record<Outcome, string>

export function byOutcome(style: Style, outcome: Outcome): (text: string) => string {
  if (outcome === 'pass') return style.good
  return outcome === 'inconclusive' ? style.unsure : style.bad
}
