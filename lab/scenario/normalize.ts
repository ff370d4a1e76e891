/** From the checked parts of a scenario file to the Scenario that runs: defaults filled, families resolved, names known. */
import type { Address } from '../../unit/protocol.ts'
import { type ClientSettings, clients } from '../clients.ts'
import { faultOf, type FaultVerb, faults } from '../faults/table.ts'
import type { Path, Problem } from './problems.ts'
import type { ClientVariant, FaultStep, RequestStep, ResolverOptions, Scenario, ServerSpec, Step } from './scenario.ts'
import { type liftStep, type requestStep, type ScenarioFile, stepSchemas, type waitStep } from './schema.ts'
import { hostName, isLoopback, serverPort } from './values.ts'
import type { z } from 'zod'

const defaultTimeoutMs = 30_000
const defaultClients = ['go', 'node', 'node-fetch']

/** Reports a problem and goes on: all problems of a file are named at once. */
export type Report = (path: Path, message: string, at?: Problem['at']) => void

export function normalize(file: ScenarioFile, name: string, stepTexts: readonly string[], report: Report, reportIssues: (path: Path, error: z.ZodError) => void): Scenario {
  const servers = serversOf(file)
  const addresses = servers.map((server) => server.address)
  const variants = variantsOf(file, report)
  const names = new Set(Object.keys(file.dns).map((owner) => owner.toLowerCase()))
  const steps = file.steps.flatMap((raw, index): Step[] => {
    const step = stepOf(raw, ['steps', index], stepTexts[index] ?? '', { addresses, variants, names }, report, reportIssues)
    return step ? [step] : []
  })
  const control = file.control && {
    ...(file.control.dns && { dns: file.control.dns }),
    ...(file.control.client && { client: file.control.client }),
    ...(file.control.resolver && { resolver: resolverOf(file.control.resolver) }),
  }
  return {
    name,
    title: file.title,
    about: file.about.trim(),
    variants,
    servers,
    resolver: resolverOf(file.resolver),
    zone: Object.fromEntries(Object.entries(file.dns).map(([owner, entry]) => [owner.toLowerCase(), entry])),
    steps,
    ...(control && { control }),
  }
}

interface Known {
  readonly addresses: readonly Address[]
  readonly variants: readonly ClientVariant[]
  readonly names: ReadonlySet<string>
}

function stepOf(raw: Record<string, unknown>, path: Path, text: string, known: Known, report: Report, reportIssues: (path: Path, error: z.ZodError) => void): Step | undefined {
  const verbs = Object.keys(raw).filter((key) => key in stepSchemas)
  const [verb, second] = verbs
  if (verb === undefined) {
    report(path, `this step has no verb: begin it with one of ${Object.keys(stepSchemas).join(', ')}`)
    return undefined
  }
  // `status` is both a fault and what a request step may hold within `expect`; two verbs in one step are two steps.
  if (second !== undefined) {
    report([...path, second], `a step has one verb, and this one has \`${verb}\` already: begin a new list item with "- ${second}:"`, 'key')
    return undefined
  }
  const parsed = stepSchemas[verb]?.safeParse(raw)
  if (!parsed?.success) {
    if (parsed) reportIssues(path, parsed.error)
    return undefined
  }
  if (verb === 'request') return requestOf(parsed.data as z.output<typeof requestStep>, path, known, report)
  if (verb === 'lift') return { kind: 'lift', verb: (parsed.data as z.output<typeof liftStep>).lift }
  if (verb === 'wait') return { kind: 'wait', ms: (parsed.data as z.output<typeof waitStep>).wait }
  return faultStepOf(verb as FaultVerb, parsed.data, path, text, known, report)
}

function faultStepOf(verb: FaultVerb, step: Record<string, unknown>, path: Path, text: string, known: Known, report: Report): FaultStep {
  const addresses = faultOf(verb)
    .targets(step)
    .flatMap((target) => {
      if (target === 'all') return known.addresses
      if (target === 'ipv4' || target === 'ipv6') return known.addresses.filter((address) => address.includes(':') === (target === 'ipv6'))
      if (!known.addresses.includes(target)) {
        report([...path, verb], `there is no server ${target} in this scenario: its servers are ${known.addresses.join(', ')}`)
      }
      return [target]
    })
  if (verb in faults && verb !== 'dns' && addresses.length === 0) report([...path, verb], 'no server of this scenario is meant by this')
  return { kind: 'fault', verb, step, addresses: [...new Set(addresses)], mayMiss: step.may_miss === true, text }
}

function requestOf(step: z.output<typeof requestStep>, path: Path, known: Known, report: Report): RequestStep {
  const host = checkUrl(step.request, [...path, 'request'], report)
  for (const variant of Object.keys(step.but)) {
    if (!known.variants.some((v) => v.name === variant)) {
      report([...path, 'but', variant], `no client of this scenario is called ${variant}: they are ${known.variants.map((v) => v.name).join(', ')}`, 'key')
    }
  }
  for (const [key, value] of Object.entries(step.expect)) checkRepetitions(key, value, step.times, [...path, 'expect', key], report)
  for (const [variant, expect] of Object.entries(step.but)) {
    for (const [key, value] of Object.entries(expect)) checkRepetitions(key, value, step.times, [...path, 'but', variant, key], report)
  }
  if (step.expect.shares && step.expect.tolerance === undefined) report([...path, 'expect', 'shares'], '`shares` needs a `tolerance`: how far each may be off, such as 0.1', 'key')
  return {
    kind: 'request',
    url: step.request,
    host,
    method: step.method,
    times: step.times,
    timeoutMs: step.timeout ?? defaultTimeoutMs,
    fresh: step.fresh,
    expect: step.expect,
    but: step.but,
  }
}

/** A list has one entry per repetition. */
function checkRepetitions(_key: string, value: unknown, times: number, path: Path, report: Report): void {
  if (typeof value !== 'object' || value === null || !('each' in value) || value.each !== true) return
  const { length } = (value as unknown as { values: readonly unknown[] }).values
  if (length !== times) report(path, `a list has one entry per repetition: ${length} given, and the step makes ${times} request${times === 1 ? '' : 's'} (\`times\`)`)
}

function checkUrl(text: string, path: Path, report: Report): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url) {
    report(path, `"${text}" is not a URL: write http://ha.lab.test:${serverPort}/`)
    return ''
  }
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (url.protocol !== 'http:') report(path, `the lab speaks http: write http://${host}:${serverPort}/`)
  else if (Number(url.port) !== serverPort) report(path, `every server of the lab listens on port ${serverPort}: write http://${host}:${serverPort}/`)
  if (!isLoopback(host)) {
    const checked = hostName.safeParse(host)
    if (!checked.success) report(path, checked.error.issues[0]?.message ?? `${host} cannot be used`)
  }
  return host
}

function serversOf(file: ScenarioFile): ServerSpec[] {
  if (Array.isArray(file.servers)) return [...new Set(file.servers)].map((address) => ({ address, idleTimeoutMs: 0 }))
  return Object.entries(file.servers).map(([address, options]) => ({ address, idleTimeoutMs: options?.idle_timeout ?? 0 }))
}

const resolverOf = (options: { timeout?: number | undefined; attempts?: number | undefined }): ResolverOptions => ({
  ...(options.timeout === undefined ? {} : { timeoutS: Math.max(1, Math.round(options.timeout / 1000)) }),
  ...(options.attempts === undefined ? {} : { attempts: options.attempts }),
})

function variantsOf(file: ScenarioFile, report: Report): ClientVariant[] {
  const given = file.clients ?? defaultClients
  const entries: [string, ClientSettings | null][] = Array.isArray(given) ? given.map((name) => [name, null]) : Object.entries(given)
  return entries.map(([name, options]) => {
    const { client = name, ...settings } = options ?? {}
    if (typeof client !== 'string' || !(client in clients)) {
      report(['clients', Array.isArray(given) ? given.indexOf(name) : name], `no client is called ${String(client)}: they are ${Object.keys(clients).join(', ')}`, 'key')
    }
    return { name, client: String(client), settings: { ...clients[String(client)]?.settings, ...settings } }
  })
}
