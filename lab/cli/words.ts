/** The words of a command line, and what to say of one that is wrong. */
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { LabError } from '../errors.ts'
import { nearest } from '../scenario/nearest.ts'

export const usage = (message: string, remedy = '`failover-lab --help` shows what there is') =>
  new LabError('USAGE', message, { remedy })

/** Options and the other words; an option that does not exist is told with the nearest that does. */
export function parseWords<T extends NonNullable<ParseArgsConfig['options']>>(
  command: string,
  args: readonly string[],
  options: T,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    const unknown = /Unknown option '(-+[^']+)'/.exec(message)?.[1]
    const option = /Option '(?:-\w, )?(--[\w-]+)/.exec(message)?.[1]
    if (option && /argument (?:missing|is ambiguous)/.test(message)) throw usage(`${option} needs a value.`)
    if (option && /does not take an argument/.test(message)) throw usage(`${option} takes no value.`)
    const near = unknown && nearest(unknown.replace(/^-+/, ''), Object.keys(options))
    throw usage(unknown ? `\`${command}\` has no option ${unknown}.` : message, near ? `did you mean --${near}?` : undefined)
  }
}

/** The value of an option that takes one of few words. */
export function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((entry) => entry === value)
  if (found) return found
  const near = nearest(value, allowed)
  throw usage(`--${name} ${value} is not one of ${allowed.join(', ')}.`, near ? `did you mean ${near}?` : undefined)
}

/** For a command that takes no words of its own. */
export function nothingMore(command: string, [word]: readonly string[]): void {
  if (word !== undefined) throw usage(`\`${command}\` takes nothing more, and ${word} was given.`)
}
