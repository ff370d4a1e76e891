/** From the data of a scenario file to the Scenario that runs: parts checked one by one, defaults filled, families resolved. */
import type { Address, ZoneData } from '../../unit/protocol.ts'
import { checkRules, maxSteps } from './check.ts'
import type { Draft } from './draft.ts'
import { check, isMap } from './issues.ts'
import type { Path, Report } from './problems.ts'
import type { Control, ResolverOptions, Scenario, ServerSpec, Step } from './scenario.ts'
import { type ScenarioFile, scenarioFile } from './schema.ts'
import { stepOf } from './steps.ts'
import { controlSettings, variantsOf } from './variants.ts'

/** The scenario, or undefined with at least one problem reported. */
export function normalize(raw: unknown, name: string, report: Report, ownClients: readonly string[]): Scenario | undefined {
  let problems = 0
  const counted: Report = (...problem) => {
    problems++
    report(...problem)
  }
  if (!isMap(raw)) {
    const what = Array.isArray(raw) ? 'a list' : 'a single value'
    counted([], `a scenario is a map with title, servers, dns and steps; this file holds ${what}`)
    return undefined
  }
  const file = check(scenarioFile, raw, [], counted)
  const part = <Key extends keyof ScenarioFile>(key: Key) => (file ? file[key] : partOf(raw, key))
  const servers = part('servers') && serversOf(part('servers') as ScenarioFile['servers'], counted)
  const addresses = servers?.map(({ address }) => address)
  const clients = file || isSound(raw, 'clients') ? variantsOf(part('clients'), counted, ownClients) : undefined
  const writtenZone = part('dns')
  const zone = writtenZone && lowerCase(writtenZone)
  const resolver = resolverOf(part('resolver') ?? {}, ['resolver'], counted)
  const control = controlOf(part('control'), clients ?? [], counted)
  const given = Array.isArray(raw.steps) ? raw.steps.slice(0, maxSteps + 1) : []
  const steps = given.map((step: unknown, index): Step | undefined => stepOf(step, ['steps', index], addresses, counted))
  const draft: Draft = {
    servers: addresses,
    variants: clients,
    zone,
    writtenZone,
    steps: [...steps, ...restOf(raw.steps)],
    control,
  }
  if (steps.length > 0) checkRules(draft, counted)
  if (problems > 0 || !file || !servers || !clients || !zone) return undefined
  return {
    name,
    title: file.title,
    about: file.about.trim(),
    variants: clients,
    servers,
    resolver,
    zone,
    steps: steps.filter((step) => step !== undefined),
    ...(control && { control }),
  }
}

/** One part of a file that has problems elsewhere; undefined if the problems are its own. */
function partOf<Key extends keyof ScenarioFile>(raw: Readonly<Record<string, unknown>>, key: Key): ScenarioFile[Key] | undefined {
  const parsed = scenarioFile.shape[key].safeParse(raw[key])
  return parsed.success ? (parsed.data as ScenarioFile[Key]) : undefined
}

const isSound = (raw: Readonly<Record<string, unknown>>, key: keyof ScenarioFile): boolean =>
  scenarioFile.shape[key].safeParse(raw[key]).success

/** Steps beyond the limit are counted, not read. */
const restOf = (steps: unknown): undefined[] => (Array.isArray(steps) ? steps.slice(maxSteps + 1).map(() => undefined) : [])

function serversOf(servers: ScenarioFile['servers'], report: Report): ServerSpec[] {
  if (Array.isArray(servers)) {
    for (const [index, address] of servers.entries())
      if (servers.indexOf(address) < index) report(['servers', index], `the server ${address} is given twice: keep one`)
    return servers.map((address: Address) => ({ address, idleTimeoutMs: 0 }))
  }
  return Object.entries(servers).map(([address, options]) => ({ address, idleTimeoutMs: options?.idle_timeout ?? 0 }))
}

const lowerCase = (zone: ZoneData): ZoneData =>
  Object.fromEntries(Object.entries(zone).map(([owner, data]) => [owner.toLowerCase(), data]))

/** resolv.conf(5) counts in whole seconds and takes at most 30. */
function resolverOf(
  options: { timeout?: number | undefined; attempts?: number | undefined },
  path: Path,
  report: Report,
): ResolverOptions {
  const timeoutS = options.timeout === undefined ? undefined : options.timeout / 1000
  if (timeoutS !== undefined && (!Number.isInteger(timeoutS) || timeoutS < 1 || timeoutS > 30)) {
    report([...path, 'timeout'], 'a resolver counts in whole seconds, from 1s to 30s (resolv.conf timeout)')
  }
  return {
    ...(timeoutS === undefined ? {} : { timeoutS }),
    ...(options.attempts === undefined ? {} : { attempts: options.attempts }),
  }
}

function controlOf(
  control: ScenarioFile['control'],
  variants: Parameters<typeof controlSettings>[1],
  report: Report,
): Control | undefined {
  return (
    control && {
      ...(control.dns && { dns: lowerCase(control.dns) }),
      ...(control.client && { client: controlSettings(control.client, variants, ['control', 'client'], report) }),
      ...(control.resolver && { resolver: resolverOf(control.resolver, ['control', 'resolver'], report) }),
    }
  )
}
