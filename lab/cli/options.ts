/** The command line of `run`, read once. */
import { isCommandClient, clients as registered } from '../clients.ts'
import type { RuntimeChoice } from '../runtimes/open.ts'
import { parseDuration } from '../scenario/values.ts'
import { type OutputChoice, outputChoice, reporterOption } from './output-options.ts'
import { splitCommand } from './split-command.ts'
import { oneOf, parseWords, usage } from './words.ts'

export interface RunOptions {
  readonly scenarios: readonly string[]
  readonly all: boolean
  /** Names of variants to run; empty: all that the scenario names. */
  readonly clients: readonly string[]
  /** `--client name='command line'`. */
  readonly ownClients: ReadonlyMap<string, readonly [string, ...string[]]>
  /** `--client-image name=image`, or an image whose last word is a client's name. */
  readonly clientImages: ReadonlyMap<string, string>
  readonly runtime: RuntimeChoice
  readonly seed: number | undefined
  readonly repeat: number
  readonly jobs: number | undefined
  readonly timeoutMs: number
  readonly outputs: OutputChoice
}

const runOptions = {
  all: { type: 'boolean' },
  client: { type: 'string', multiple: true },
  'client-image': { type: 'string', multiple: true },
  runtime: { type: 'string' },
  seed: { type: 'string' },
  repeat: { type: 'string' },
  jobs: { type: 'string' },
  timeout: { type: 'string' },
  ...reporterOption,
  journal: { type: 'string' },
} as const

export function parseRunOptions(args: readonly string[]): RunOptions {
  const { values, positionals } = parseWords('run', args, runOptions)
  if (positionals.length === 0 && !values.all && args.length > 0)
    throw usage('No scenario is named.', 'name one (`failover-lab list` has them), or all: --all')
  const own = new Map<string, readonly [string, ...string[]]>()
  const clients = (values.client ?? []).map((text) => {
    const equals = text.indexOf('=')
    if (equals === -1) return text
    const name = text.slice(0, equals)
    const words = splitCommand(text.slice(equals + 1))
    if (!words)
      throw usage(`--client ${text} has a quote that stays open.`, 'close it; \' and " and \\ mean what they mean in a shell')
    const [program, ...args] = words
    if (name === '' || !program) throw usage(`--client ${text} is not name='command'.`, "write --client mine='python3 client.py'")
    if (Object.hasOwn(registered, name) && !isCommandClient(name))
      throw usage(`--client ${text}: ${name} is a client of the lab.`, "give yours a name of its own: --client mine='COMMAND'")
    if (own.has(name)) throw usage(`--client ${name}=… is given twice.`)
    own.set(name, [program, ...args])
    return name
  })
  const images = clientImages(values['client-image'] ?? [], clients, own)
  const runtime = oneOf('runtime', values.runtime ?? 'auto', ['auto', 'loopback', 'netns', 'docker'] as const)
  if (images.size > 0 && runtime !== 'auto' && runtime !== 'docker')
    throw usage(`--client-image needs containers, and --runtime ${runtime} has none.`, 'write --runtime docker')
  return {
    scenarios: [...new Set(positionals)],
    all: values.all ?? false,
    clients,
    ownClients: own,
    clientImages: images,
    runtime: images.size > 0 ? 'docker' : runtime,
    seed: values.seed === undefined ? undefined : wholeNumber('seed', values.seed, 0, 2 ** 32 - 1),
    repeat: wholeNumber('repeat', values.repeat ?? '1', 1, 10_000),
    jobs: values.jobs === undefined ? undefined : wholeNumber('jobs', values.jobs, 1, 256),
    timeoutMs: timeout(values.timeout ?? '2m'),
    outputs: outputChoice(values),
  }
}

/**
 * `name=image` is where that client runs. An image alone, such as `curlimages/curl:8.10.1`, is the command client of its
 * name under a name with its tag, `curl-8.10.1`, so that versions stand side by side.
 */
function clientImages(
  given: readonly string[],
  clients: string[],
  own: Map<string, readonly [string, ...string[]]>,
): ReadonlyMap<string, string> {
  const images = new Map<string, string>()
  for (const text of given) {
    const equals = text.indexOf('=')
    if (equals === 0 || equals === text.length - 1)
      throw usage(`--client-image ${text} is not name=image.`, 'write --client-image mine=IMAGE')
    if (equals > 0) {
      const name = text.slice(0, equals)
      if (!own.has(name) && !isCommandClient(name))
        throw usage(`--client-image ${text}: no client is called ${name}.`, `give its command: --client ${name}='COMMAND {url}'`)
      images.set(name, text.slice(equals + 1))
      if (!clients.includes(name)) clients.push(name)
      continue
    }
    const [, client = '', tag, digest] = /([^/:@]+)(?::([^@/]+))?(?:@\w+:(\w+))?$/.exec(text) ?? []
    const command = registered[client]
    if (command?.program !== 'command')
      throw usage(
        `--client-image ${text}: the lab knows no command for ${client}.`,
        `give one: --client mine='COMMAND {url}' --client-image mine=${text}`,
      )
    const name = `${client}-${tag ?? digest?.slice(0, 12) ?? 'latest'}`
    own.set(name, command.words)
    images.set(name, text)
    clients.push(name)
  }
  return images
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= min && value <= max) return value
  throw usage(`--${name} ${text} is not a whole number from ${min} to ${max}.`)
}

function timeout(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined || ms < 1) throw usage(`--timeout ${text} is not a duration.`, 'write it with its unit, such as 90s or 2m')
  return ms
}
