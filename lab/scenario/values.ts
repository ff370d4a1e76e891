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

const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)' // no leading zero
const ipv4 = `127\\.${octet}\\.${octet}\\.${octet}`

export const address = z
  .string({ error: 'expected a loopback address such as 127.0.0.1 or "::1"' })
  .refine((text) => isLoopback(text) && !isBroadcast(text), {
    abort: true,
    error: (issue) => addressProblem(String(issue.input)),
  })
  .meta({
    id: 'address',
    description: 'A literal loopback address: 127.0.0.1, 127.0.0.2, … or "::1".',
    pattern: `^(${ipv4}|::1)$`,
  })

/** The first and the last address of 127.0.0.0/8 cannot be connected to. */
const isBroadcast = (text: string): boolean => text === '127.0.0.0' || text === '127.255.255.255'

function addressProblem(text: string): string {
  if (isBroadcast(text))
    return `${text} is a broadcast address, which nothing can connect to: write 127.0.0.1 or another of 127.0.0.0/8`
  const decimal = text
    .split('.')
    .map((part) => part.replace(/^0+(?=\d)/, ''))
    .join('.')
  if (decimal !== text && isLoopback(decimal))
    return `${text} has leading zeros, which some programs read as octal: write ${decimal}`
  if (/^127\.[\d.]+$/.test(text)) return `${text} is not an IPv4 address: write four numbers from 0 to 255, such as 127.0.0.1`
  if (text === 'localhost') return 'localhost is a name, and can be IPv4 or IPv6: write 127.0.0.1 or "::1"'
  if (isIP(text) === 6 && /^(0*:)*0*1$|^::ffff:(0:)?(127\.|7f)/i.test(text))
    return `${text} is another way to write a loopback address: write "::1", or 127.0.0.1`
  if (text === '0.0.0.0' || text === '::')
    return `${text} means every address of the machine: write the addresses out, such as 127.0.0.1`
  const what = isIP(text) === 0 ? 'is not an address' : 'is not a loopback address'
  return `${text.length > 60 ? `${text.slice(0, 59)}…` : text} ${what}: the lab uses 127.0.0.0/8 and "::1" only, so that no packet leaves the machine`
}

/** A host name under `.test`, the TLD that RFC 6761 reserves for this. */
export const hostName = z
  .string()
  .refine((text) => /^(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+test$/i.test(text), {
    error: (issue) => hostNameProblem(String(issue.input)),
  })
  .meta({
    description: 'A host name under .test, such as ha.lab.test.',
    pattern: '^([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\\.)+[Tt][Ee][Ss][Tt]$',
  })

function hostNameProblem(text: string): string {
  const shown = text.length > 60 ? `${text.slice(0, 59)}…` : text
  if (text.endsWith('.test.')) return `${shown} ends in a dot: write ${shown.slice(0, -1)}`
  if (!/\.test$/i.test(text))
    return `${shown} is not a name under .test, the TLD reserved for this (RFC 6761): write something like ha.lab.test`
  return `${shown} is not a host name: labels of 1 to 63 letters, digits, - and _, 253 characters in all (RFC 1035 §2.3.4)`
}

/** How a URL is written: plainly, since clients read the oddities of URLs differently (127.1, user names, upper case, back slashes). */
export const urlPattern = new RegExp(
  `^http://(?:${ipv4}|\\[::1\\]|(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\\.)+test):${serverPort}(?:[/?][^\\s#\\\\]*)?#?$`,
)

const unitsMs = { us: 0.001, ms: 1, s: 1000, m: 60_000 } as const
const durationPattern = /^(\d+(?:\.\d+)?)(us|ms|s|m)$/
/** Longer than any run; timers beyond 24 days would fire at once. */
const longestMs = 3_600_000

/** `250ms`, `1.5s`, `2m` as milliseconds; undefined if it is no duration. */
export function parseDuration(text: string): number | undefined {
  const match = durationPattern.exec(text)
  return match ? Number(match[1]) * unitsMs[match[2] as keyof typeof unitsMs] : undefined
}

export const duration = z
  .string({ error: 'expected a duration with its unit, such as 250ms or 2s' })
  .regex(durationPattern, {
    error: (issue) => `"${String(issue.input)}" is not a duration: write a number and us, ms, s or m, such as 250ms or 2s`,
  })
  .refine((text) => (parseDuration(text) ?? 0) <= longestMs, { error: 'this is longer than 60m, the most the lab takes' })
  .transform((text) => parseDuration(text) ?? 0)
  .meta({ id: 'duration', description: 'A duration: 250ms, 1.5s, 2m.' })

/** From `min` to `max`, both included; either may be open. */
export interface Range {
  readonly min?: number
  readonly max?: number
}

/** How a value is written, and what it says: editors know the pattern, and what it lets through is read by `parse`. */
interface Written<T> {
  readonly pattern: RegExp
  readonly parse: (text: string) => T
}
const durations: Written<number | undefined> = { pattern: durationPattern, parse: parseDuration }
const wholeNumbers: Written<number> = { pattern: /^\d{1,9}$/, parse: Number }

/** `300ms..1s`, `2s..`, `..1s`, in milliseconds. */
export const durationRange = rangeOf('a range of durations such as 300ms..1s, 2s.. or ..900ms', durations).meta({
  id: 'duration_range',
  description: 'A range of durations: 300ms..1s, at least 2s.., at most ..900ms.',
})

/** `2` (exactly), `1..3`, `2..`, `..4`. */
export const count = z
  .union([z.int().min(0), z.string().meta({ pattern: rangePattern(wholeNumbers).source })], {
    error: 'expected a number, or a range such as 1..3 or 2..',
  })
  .transform((value, context): Range => {
    if (typeof value === 'number') return { min: value, max: value }
    const range = parseRange(value, wholeNumbers)
    if (range) return range
    context.addIssue({ code: 'custom', message: `"${value}" is not a count: write a number, or a range such as 1..3 or 2..` })
    return z.NEVER
  })
  .meta({ id: 'count', description: 'How many: 2, or a range such as 1..3 or 2.. (at least 2).' })

const sharePattern = /^(\d+)\/([1-9]\d*)$/

/** `1/3` or `0.25`. */
export const fraction = z
  .union([z.number().min(0).max(1), z.string().meta({ pattern: sharePattern.source })], {
    error: 'expected a share such as 1/3 or 0.25',
  })
  .transform((value, context): number => {
    if (typeof value === 'number') return value
    const match = sharePattern.exec(value)
    const share = match ? Number(match[1]) / Number(match[2]) : Number.NaN
    if (share >= 0 && share <= 1) return share
    context.addIssue({ code: 'custom', message: `"${value}" is not a share of 1: write 1/3 or 0.25` })
    return z.NEVER
  })
  .meta({ id: 'share', description: 'A part of 1: 1/3 or 0.25.' })

/** The pattern of a range whose ends are written like this; at least one end is there. */
function rangePattern({ pattern }: Written<unknown>): RegExp {
  const end = pattern.source.replace(/^\^|\$$/g, '')
  return new RegExp(`^(?:${end}\\.\\.(?:${end})?|\\.\\.${end})$`)
}

function parseRange(text: string, ends: Written<number | undefined>): Range | undefined {
  if (!rangePattern(ends).test(text)) return undefined
  const [from = '', to = ''] = text.split('..')
  const min = from === '' ? undefined : ends.parse(from)
  const max = to === '' ? undefined : ends.parse(to)
  if (min !== undefined && max !== undefined && min > max) return undefined
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) }
}

function rangeOf(expected: string, ends: Written<number | undefined>) {
  const text = z.string({ error: `expected ${expected}` }).meta({ pattern: rangePattern(ends).source })
  return text.transform((text, context): Range => {
    const range = parseRange(text, ends)
    if (range) return range
    const turned = parseRange(text.split('..').reverse().join('..'), ends)
    const alone = ends.pattern.test(text)
    if (turned) context.addIssue({ code: 'custom', message: `"${text}" is empty: the smaller end comes first` })
    else if (alone)
      context.addIssue({
        code: 'custom',
        message: `"${text}" alone is not a range: write ..${text} (at most) or ${text}.. (at least)`,
      })
    else context.addIssue({ code: 'custom', message: `"${text}" is not a range: write ${expected}` })
    return z.NEVER
  })
}
