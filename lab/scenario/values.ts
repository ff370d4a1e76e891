/**
 * The small values of the scenario language: addresses, names, durations, ranges, fractions. Each is a zod schema whose
 * input is what a person writes and whose output is what the lab computes with.
 */
import { isIP } from 'node:net'
import { z } from 'zod'

/** The port every web server of the lab listens on. */
export const serverPort = 1323

/** A literal loopback address: 127.0.0.0/8, or ::1 in its short form. Anything else could leave the machine. */
export const isLoopback = (text: string): boolean => (isIP(text) === 4 && text.startsWith('127.')) || text === '::1'

export const address = z
  .string({ error: 'expected a loopback address such as 127.0.0.1 or "::1"' })
  .refine(isLoopback, {
    error: (issue) => `${String(issue.input)} is not a loopback address: the lab uses 127.0.0.0/8 and "::1" only, so that no packet leaves the machine`,
  })
  .meta({ description: 'A literal loopback address: 127.0.0.1, 127.0.0.2, … or "::1".' })

/** A host name under `.test`, the TLD that RFC 6761 reserves for this. */
export const hostName = z
  .string()
  .refine((text) => /^(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+test$/i.test(text), {
    error: (issue) => `${String(issue.input)} is not a name under .test, the TLD reserved for this (RFC 6761): write something like ha.lab.test`,
  })

const unitsMs = { us: 0.001, ms: 1, s: 1000, m: 60_000 } as const
const durationPattern = /^(\d+(?:\.\d+)?)(us|ms|s|m)$/

/** `250ms`, `1.5s`, `2m` as milliseconds; undefined if it is no duration. */
export function parseDuration(text: string): number | undefined {
  const match = durationPattern.exec(text)
  return match ? Number(match[1]) * unitsMs[match[2] as keyof typeof unitsMs] : undefined
}

export const duration = z
  .string({ error: 'expected a duration with its unit, such as 250ms or 2s' })
  .regex(durationPattern, { error: (issue) => `"${String(issue.input)}" is not a duration: write a number and us, ms, s or m, such as 250ms or 2s` })
  .transform((text) => parseDuration(text) ?? 0)
  .meta({ description: 'A duration: 250ms, 1.5s, 2m.' })

/** From `min` to `max`, both included; either may be open. */
export interface Range {
  readonly min?: number
  readonly max?: number
}

/** `300ms..1s`, `2s..`, `..1s`, in milliseconds. */
export const durationRange = rangeOf('a range of durations such as 300ms..1s, 2s.. or ..900ms', parseDuration).meta({
  description: 'A range of durations: 300ms..1s, at least 2s.., at most ..900ms.',
})

/** `2` (exactly), `1..3`, `2..`, `..4`. */
export const count = z
  .union([z.int().min(0), z.string()], { error: 'expected a number, or a range such as 1..3 or 2..' })
  .transform((value, context): Range => {
    if (typeof value === 'number') return { min: value, max: value }
    const range = parseRange(value, (text) => (/^\d+$/.test(text) ? Number(text) : undefined))
    if (range) return range
    context.addIssue({ code: 'custom', message: `"${value}" is not a count: write a number, or a range such as 1..3 or 2..` })
    return z.NEVER
  })
  .meta({ description: 'How many: 2, or a range such as 1..3 or 2...' })

/** `1/3` or `0.25`. */
export const fraction = z
  .union([z.number().min(0).max(1), z.string()], { error: 'expected a share such as 1/3 or 0.25' })
  .transform((value, context): number => {
    if (typeof value === 'number') return value
    const match = /^(\d+)\/([1-9]\d*)$/.exec(value)
    const share = match ? Number(match[1]) / Number(match[2]) : Number.NaN
    if (share >= 0 && share <= 1) return share
    context.addIssue({ code: 'custom', message: `"${value}" is not a share of 1: write 1/3 or 0.25` })
    return z.NEVER
  })

function parseRange(text: string, parse: (text: string) => number | undefined): Range | undefined {
  const [from, to, more] = text.split('..')
  if (from === undefined || to === undefined || more !== undefined || (from === '' && to === '')) return undefined
  const min = from === '' ? undefined : parse(from)
  const max = to === '' ? undefined : parse(to)
  if ((from !== '' && min === undefined) || (to !== '' && max === undefined)) return undefined
  if (min !== undefined && max !== undefined && min > max) return undefined
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) }
}

function rangeOf(expected: string, parse: (text: string) => number | undefined) {
  return z.string({ error: `expected ${expected}` }).transform((text, context): Range => {
    const range = parseRange(text, parse)
    if (range) return range
    context.addIssue({ code: 'custom', message: `"${text}" is not a range: write ${expected}` })
    return z.NEVER
  })
}
