import type { Address, ClientCommand } from '../../unit/protocol.ts'

/** What this client is set to. What is absent stays as Node has it. */
export interface ClientSettings {
  /** `http`: `http.request` through an agent that keeps connections; `fetch`: the global fetch. */
  readonly api: 'http' | 'fetch'
  /** `getaddrinfo` is what `dns.lookup` uses; `c-ares` can be told the port of its server. */
  readonly resolver: 'getaddrinfo' | 'c-ares'
  readonly dnsServer: { readonly address: Address; readonly port: number }
  /** Limit of the first c-ares try, ms; absent with getaddrinfo, which has its own in resolv.conf. */
  readonly resolverTimeoutMs: number
  readonly resolverAttempts: number
  readonly family: 4 | 6 | undefined
  readonly autoSelectFamily: boolean | undefined
  readonly autoSelectFamilyAttemptTimeoutMs: number | undefined
  readonly keepAlive: boolean | undefined
  readonly maxSockets: number | undefined
  readonly connectTimeoutMs: number | undefined
}

/** Why the client cannot run with the settings given, and what to change. */
export interface Unable {
  readonly reason: string
  readonly remedy?: string | undefined
}

type Start = Extract<ClientCommand, { command: 'start' }>
type Settings = Start['settings']
type Value = Settings[string]

const known = [
  'api',
  'resolver',
  'network',
  'auto_select_family',
  'auto_select_family_attempt_timeout',
  'keep_alive',
  'max_sockets',
  'connect_timeout',
]
/** resolv.conf(5)'s own defaults: c-ares stands in for the system's resolver here, and Node's would wait 22 s. */
const resolvConf = { timeoutS: 5, attempts: 2 }
/** Node raises anything shorter to this, so that a shorter setting would not be what runs. */
const shortestAttemptTimeoutMs = 10

/**
 * Reads the settings of a `start` command; everything later works from the result. `resolverOptions` are the scenario's
 * own: resolv.conf holds them for the system's resolver, so only c-ares must be told.
 */
export function readSettings(
  settings: Settings,
  dnsServer: ClientSettings['dnsServer'],
  resolverOptions: Start['resolver'] = {},
): ClientSettings | Unable {
  const problems: Unable[] = []
  const read = <Kind>(name: string, accepts: string, parse: (value: Value) => Kind | undefined): Kind | undefined => {
    const value = settings[name]
    if (value === undefined) return undefined
    const parsed = parse(value)
    if (parsed === undefined) {
      problems.push({
        reason: `The node client's setting ${name} cannot be ${JSON.stringify(value)}.`,
        remedy: `Set it to ${accepts}.`,
      })
    }
    return parsed
  }
  for (const name of Object.keys(settings)) {
    if (known.includes(name)) continue
    problems.push({ reason: `The node client has no setting ${name}.`, remedy: `It has ${known.join(', ')}.` })
  }
  const duration = 'a duration such as 250ms or 5s'
  const resolver =
    read('resolver', 'system or c-ares', oneOf('system', 'c-ares')) ?? (dnsServer.port === 53 ? 'system' : 'c-ares')
  const network = read('network', 'tcp, tcp4 or tcp6', oneOf('tcp', 'tcp4', 'tcp6'))
  const attemptTimeout = 'auto_select_family_attempt_timeout'
  const parsed: ClientSettings = {
    api: read('api', 'http or fetch', oneOf('http', 'fetch')) ?? 'http',
    resolver: resolver === 'system' ? 'getaddrinfo' : 'c-ares',
    dnsServer,
    resolverTimeoutMs: (resolverOptions.timeoutS ?? resolvConf.timeoutS) * 1000,
    resolverAttempts: resolverOptions.attempts ?? resolvConf.attempts,
    family: network === 'tcp4' ? 4 : network === 'tcp6' ? 6 : undefined,
    autoSelectFamily: read('auto_select_family', 'true or false', parseBoolean),
    autoSelectFamilyAttemptTimeoutMs: read(attemptTimeout, duration, parseDurationMs),
    keepAlive: read('keep_alive', 'true or false', parseBoolean),
    maxSockets: read('max_sockets', 'a whole number from 1', parseCount),
    connectTimeoutMs: read('connect_timeout', duration, parseDurationMs),
  }
  if (resolver === 'system' && dnsServer.port !== 53) {
    problems.push({
      reason: `The system's resolver asks port 53 and cannot be sent to ${dnsServer.address} port ${dnsServer.port}.`,
      remedy: 'Take a runtime with its own resolv.conf (netns or docker), or set resolver to c-ares.',
    })
  }
  if ((parsed.autoSelectFamilyAttemptTimeoutMs ?? shortestAttemptTimeoutMs) < shortestAttemptTimeoutMs) {
    problems.push({
      reason: `Node raises ${attemptTimeout} to ${shortestAttemptTimeoutMs} ms.`,
      remedy: `Set ${shortestAttemptTimeoutMs}ms or more.`,
    })
  }
  const [first, ...others] = problems
  if (first === undefined) return Object.freeze(parsed)
  if (others.length === 0) return first
  return { reason: problems.map(({ reason, remedy }) => [reason, remedy].join(' ').trim()).join(' ') }
}

function oneOf<Name extends string>(...names: Name[]): (value: Value) => Name | undefined {
  return (value) => names.find((name) => name === value)
}

function parseBoolean(value: Value): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined
}

function parseCount(value: Value): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 ? value : undefined
}

/** `250ms`, `1.5s`, `1m` in milliseconds. */
function parseDurationMs(value: Value): number | undefined {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(String(value)) ?? []
  if (digits === undefined) return undefined
  const durationMs = Math.round(Number(digits) * (unit === 'ms' ? 1 : unit === 's' ? 1000 : 60_000))
  return durationMs > 0 ? durationMs : undefined
}
