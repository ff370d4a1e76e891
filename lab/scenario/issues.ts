/**
 * From zod's issues to problems a person can act on: into the branch of a union that fits best, to the unknown key itself
 * with the keys that are allowed, to the place where a missing key belongs, and with the nearest right word.
 */
import { z } from 'zod'
import { didYouMean, nearest } from './nearest.ts'
import type { Path, Report } from './problems.ts'
import { examples, placesOf } from './vocabulary.ts'

type Issue = z.core.$ZodIssue
type RawIssue = z.core.$ZodRawIssue

/** Checks a value and reports what is wrong with it under `path`; the output, or undefined if anything is. */
export function check<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  path: Path,
  report: Report,
): z.output<Schema> | undefined {
  const parsed = schema.safeParse(value, { error: wordsOf, reportInput: true })
  if (parsed.success) return parsed.data
  for (const issue of parsed.error.issues) reportIssue(issue, path, value, path.length, report)
  return undefined
}

/** The message of an issue that its schema has no words for. For an unknown key: the keys that are known, apart by spaces. */
function wordsOf(issue: RawIssue): string {
  switch (issue.code) {
    case 'unrecognized_keys': {
      const schema: unknown = issue.inst
      if (schema instanceof z.ZodRecord && schema.keyType instanceof z.ZodEnum) return schema.keyType.options.join(' ')
      return schema instanceof z.ZodObject ? Object.keys(schema.shape).join(' ') : ''
    }
    case 'invalid_type':
      return `expected ${kinds[issue.expected] ?? issue.expected}`
    case 'too_small':
      return issue.origin === 'number' || issue.origin === 'int'
        ? `this is too small: ${issue.inclusive ? `the least is ${issue.minimum}` : `it must be more than ${issue.minimum}`}`
        : 'this must not be empty'
    case 'too_big':
      return issue.origin === 'number' || issue.origin === 'int'
        ? `this is too large: ${issue.inclusive ? `the most is ${issue.maximum}` : `it must be less than ${issue.maximum}`}`
        : `this is too long: the most is ${issue.maximum}`
    default:
      return ''
  }
}

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map (`key: value`)',
  record: 'a map (`key: value`)',
  null: 'nothing',
}

function reportIssue(issue: Issue, base: Path, root: unknown, rootDepth: number, report: Report): void {
  const path = [...base, ...(issue.path as (string | number)[])]
  const parent = valueAt(root, path.slice(rootDepth, -1))
  const key = path.at(-1)
  switch (issue.code) {
    case 'unrecognized_keys':
      for (const unknown of issue.keys) unknownKey(unknown, [...path, unknown], issue.message.split(' ').filter(Boolean), report)
      return
    case 'invalid_union': {
      const branch = bestBranch(issue)
      const [first, ...others] = issue.message ? [issue.message] : expectedOf(issue)
      if (branch) for (const inner of branch) reportIssue(inner, path, root, rootDepth, report)
      else
        wrongValue(
          path,
          first ?? '',
          [...wordsIn(issue)],
          issue.input,
          parent,
          report,
          others.length > 0 ? `or ${others.join(', or ')}` : undefined,
        )
      return
    }
    case 'invalid_key': {
      const [inner] = issue.issues
      const allowed = inner?.code === 'invalid_value' ? inner.values.map(String) : []
      if (allowed.length > 0) unknownKey(String(key), path, allowed, report)
      else report(path, inner?.message || 'this key cannot be used here', { at: 'key' })
      return
    }
    case 'invalid_value':
      wrongValue(path, issue.message, issue.values.map(String), issue.input, parent, report)
      return
    default:
      if (issue.input === undefined && isMap(parent) && !Object.hasOwn(parent, key ?? '')) missingKey(path, parent, report)
      else if (issue.code === 'invalid_type') wrongValue(path, issue.message, [], issue.input, parent, report)
      else report(path, issue.message || 'this value cannot be used here')
  }
}

/** An unknown key: the nearest known one, or the place where this one belongs. */
export function unknownKey(key: string, path: Path, allowed: readonly string[], report: Report): void {
  const help = allowed.length > 0 ? `allowed here: ${allowed.join(', ')}` : undefined
  const [before] = /^[\w.]+(?=:\S)/.exec(key) ?? []
  const place = Object.hasOwn(placesOf, key) ? placesOf[key] : undefined
  const near = nearest(key, allowed)
  let message = `unknown key \`${shorten(key)}\`${didYouMean(key, allowed)}`
  if (before !== undefined)
    message = `a colon needs a space after it: write \`${before}: ${shorten(key.slice(before.length + 1))}\``
  else if (place !== undefined && near === undefined) message = `\`${key}\` does not belong here, but ${place}`
  report(path, message, { at: 'key', help })
}

function missingKey(path: Path, parent: Readonly<Record<string, unknown>>, report: Report): void {
  const key = String(path.at(-1))
  const [first] = Object.keys(parent)
  const at = first === undefined ? path.slice(0, -1) : [...path.slice(0, -1), first]
  const within = owner(path, first)
  const inside = within === undefined ? '' : ` in \`${shorten(within)}\``
  const example = Object.hasOwn(examples, key) ? examples[key] : undefined
  report(at, `\`${key}\` is missing${inside}`, { at: 'key', help: example === undefined ? undefined : `such as ${example}` })
}

/** What a person calls the map that a key is missing in: the verb of a step, or the key that holds it. */
function owner(path: Path, first: string | undefined): string | undefined {
  const holder = path.at(-2)
  return typeof holder === 'string' ? holder : holder === undefined ? undefined : first
}

function wrongValue(
  path: Path,
  expected: string,
  allowed: readonly string[],
  input: unknown,
  parent: unknown,
  report: Report,
  help?: string,
): void {
  const words = allowed.length === 1 ? `\`${allowed[0]}\`` : `one of ${allowed.join(', ')}`
  const message = expected || `expected ${words}`
  const meant = typeof input === 'string' ? didYouMean(input, allowed) : ''
  if (input === undefined && isMap(parent)) missingKey(path, parent, report)
  else if (meant !== '') report(path, `\`${shorten(String(input))}\` is not known here${meant}`, { help: message })
  else report(path, input === null ? `a value is missing: ${message}` : `${message}, not ${describe(input)}`, { help })
}

/** The issues of the branch that the writer most probably meant: one whose own type fits, with the fewest issues. */
function bestBranch(issue: Extract<Issue, { code: 'invalid_union' }>): readonly Issue[] | undefined {
  const branches = issue.errors.map((issues) =>
    issues.flatMap((inner) =>
      inner.code === 'invalid_union' && inner.path.length === 0 ? (bestBranch(inner) ?? [inner]) : [inner],
    ),
  )
  const fitting = branches.filter((issues) => issues.every((inner) => inner.path.length > 0 || !isTypeMismatch(inner)))
  if (typeof issue.input === 'string' && nearest(issue.input, wordsIn(issue)) !== undefined) return undefined
  return fitting.sort((a, b) => a.length - b.length)[0]
}

const isTypeMismatch = (issue: Issue): boolean =>
  issue.code === 'invalid_type' || issue.code === 'invalid_value' || issue.code === 'invalid_union'

/** Every word that some branch of a union takes. */
function* wordsIn(issue: Extract<Issue, { code: 'invalid_union' }>): Generator<string> {
  for (const inner of issue.errors.flat()) {
    if (inner.path.length > 0) continue
    if (inner.code === 'invalid_value') yield* inner.values.map(String)
    if (inner.code === 'invalid_union') yield* wordsIn(inner)
  }
}

/** What a union without words of its own takes: first what its first branch expects, then the others. */
function expectedOf(issue: Extract<Issue, { code: 'invalid_union' }>): string[] {
  const each = issue.errors.flat().flatMap((inner): string[] => {
    if (inner.code === 'invalid_union') return inner.message ? [inner.message] : expectedOf(inner)
    if (inner.code === 'invalid_value') return [inner.message || `one of ${inner.values.join(', ')}`]
    return inner.code === 'invalid_type' ? [inner.message] : []
  })
  const [first, ...others] = new Set(each.map((text) => text.replace(/^expected /, '')).filter(Boolean))
  return first === undefined ? [] : [`expected ${first}`, ...others]
}

/** A value in a few words. */
function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (isMap(value)) return 'a map'
  if (typeof value === 'string') return value === '' ? 'an empty text' : `"${shorten(value)}"`
  return String(value)
}

const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 59)}…` : text).replaceAll('\n', ' ')

export const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function valueAt(root: unknown, path: Path): unknown {
  let value = root
  for (const key of path)
    value =
      (isMap(value) || Array.isArray(value)) && Object.hasOwn(value, key)
        ? (value as Record<string | number, unknown>)[key]
        : undefined
  return value
}
