/** Each item of `steps`: its verb, checked against the schema of that verb, with the servers it acts on. */
import type { z } from 'zod'
import type { Address } from '../../unit/protocol.ts'
import { type FaultVerb, faultOf, faults } from '../faults/table.ts'
import { expectation } from './expectation.ts'
import { check, isMap } from './issues.ts'
import { didYouMean } from './nearest.ts'
import type { Path, Report } from './problems.ts'
import type { FaultStep, RequestStep, Step } from './scenario.ts'
import { type liftStep, type requestStep, stepSchemas, type waitStep } from './schema.ts'
import { hostOf } from './url.ts'

const defaultTimeoutMs = 30_000
const verbs = Object.keys(stepSchemas)

/** The step, or undefined if it has problems; `addresses`: the servers, unknown if they have problems of their own. */
export function stepOf(raw: unknown, path: Path, addresses: readonly Address[] | undefined, report: Report): Step | undefined {
  if (!isMap(raw)) {
    const verb = typeof raw === 'string' && verbs.includes(raw) ? raw : 'stop'
    report(path, `a step is a verb with its value, such as "- ${verb}: 127.0.0.1"`, { help: `verbs: ${verbs.join(', ')}` })
    return undefined
  }
  const verb = verbOf(raw, path, report)
  const schema = verb === undefined ? undefined : stepSchemas[verb]
  const step = schema && check<z.ZodObject>(schema, raw, path, report)
  if (verb === undefined || !step) return undefined
  if (verb === 'request') return requestOf(step as z.output<typeof requestStep>, path, report)
  if (verb === 'lift') return { kind: 'lift', verb: (step as z.output<typeof liftStep>).lift }
  if (verb === 'wait') return { kind: 'wait', ms: (step as z.output<typeof waitStep>).wait }
  return faultStepOf(verb as FaultVerb, step, textOf(raw), path, addresses, report)
}

/** The one key of the step that is a verb. */
function verbOf(raw: Readonly<Record<string, unknown>>, path: Path, report: Report): string | undefined {
  const keys = Object.keys(raw)
  const [verb, ...others] = keys.filter((key) => Object.hasOwn(stepSchemas, key))
  const help = `verbs: ${verbs.join(', ')}`
  if (verb === undefined) {
    const [first] = keys
    if (first === undefined) report(path, 'this step is empty', { help })
    else
      report([...path, first], `this step has no verb: \`${first.slice(0, 60)}\` is none${didYouMean(first, verbs)}`, {
        at: 'key',
        help,
      })
    return undefined
  }
  for (const other of others) {
    // `status` is a fault, and also what a request can expect.
    const inExpect = verb === 'request' && Object.hasOwn(expectation.shape, other)
    const advice = inExpect ? `write it as \`expect: { ${other}: … }\`` : `begin a new list item with "- ${other}:"`
    report([...path, other], `a step has one verb, and this one has \`${verb}\` already: ${advice}`, { at: 'key' })
  }
  return others.length === 0 ? verb : undefined
}

function requestOf(step: z.output<typeof requestStep>, path: Path, report: Report): RequestStep {
  if (step.timeout === 0) report([...path, 'timeout'], 'no request ends in no time: give it some, such as 1s')
  return {
    kind: 'request',
    url: step.request,
    host: hostOf(step.request, [...path, 'request'], report) ?? '',
    method: step.method,
    times: step.times,
    timeoutMs: step.timeout ?? defaultTimeoutMs,
    fresh: step.fresh,
    expect: step.expect,
    but: step.but,
  }
}

function faultStepOf(
  verb: FaultVerb,
  step: Record<string, unknown>,
  text: string,
  path: Path,
  servers: readonly Address[] | undefined,
  report: Report,
): FaultStep {
  const given = faultOf(verb).targets(step)
  const addresses = given.flatMap((target) => {
    if (servers === undefined) return []
    if (target === 'all') return servers
    if (target === 'ipv4' || target === 'ipv6') return servers.filter((address) => address.includes(':') === (target === 'ipv6'))
    if (!servers.includes(target)) {
      const at = Array.isArray(step[verb]) && given.length > 1 ? [...path, verb, given.indexOf(target)] : [...path, verb]
      report(at, `there is no server ${target} in this scenario`, { help: `its servers: ${servers.join(', ')}` })
    }
    return [target]
  })
  if (given.length > 0 && servers && servers.length > 0 && addresses.length === 0) {
    report([...path, verb], `no server of this scenario is ${given.join(', ')}`, { help: `its servers: ${servers.join(', ')}` })
  }
  return { kind: 'fault', verb, step, addresses: [...new Set(addresses)], mayMiss: step.may_miss === true, text }
}

/** A step as it is written, on one line and without comments. */
function textOf(raw: Readonly<Record<string, unknown>>): string {
  const text = Object.entries(raw)
    .map(([key, value]) => `${key}: ${flow(value)}`)
    .join(', ')
  return text.length > 120 ? `${text.slice(0, 119)}…` : text
}

function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`
  if (!isMap(value)) return String(value)
  return `{ ${Object.entries(value)
    .map(([key, entry]) => `${key}: ${flow(entry)}`)
    .join(', ')} }`
}

export const isFault = (verb: string): verb is FaultVerb => Object.hasOwn(faults, verb)
