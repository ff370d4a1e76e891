/** The clients under test: which programs, with which settings. */
import { type ClientProgram, clientSettings } from '../client-settings.ts'
import { type ClientSettings, clients } from '../clients.ts'
import { check, isMap } from './issues.ts'
import { didYouMean } from './nearest.ts'
import type { Path, Report } from './problems.ts'
import type { ClientVariant } from './scenario.ts'
import { type ScenarioFile, variantName } from './schema.ts'

const defaultClients = ['go', 'node', 'node-fetch']

/** The variants of a file; those with problems are reported and still named, so that `but` can be checked. */
export function variantsOf(given: ScenarioFile['clients'], report: Report, own: readonly string[] = []): ClientVariant[] {
  if (given !== undefined && !Array.isArray(given)) {
    if (Object.keys(given).length === 0) report(['clients'], `name at least one client: ${known()}`)
    return Object.entries(given).map(([name, options]) => variantOf(name, options, ['clients', name], report, own))
  }
  const names = given ?? defaultClients
  return names.flatMap((name, index) => {
    if (names.indexOf(name) < index) {
      report(
        ['clients', index],
        `${name} is in this list already; two variants of it are a map: { ${name}: {}, ${name}-2: { client: ${name}, … } }`,
      )
      return []
    }
    return [variantOf(name, null, ['clients', index], report, own)]
  })
}

/** Settings that every one of the programs has, as `control.client` needs them. */
export function controlSettings(
  given: Readonly<Record<string, unknown>>,
  variants: readonly ClientVariant[],
  path: Path,
  report: Report,
): ClientSettings {
  const programs = new Set(variants.flatMap(({ client }) => (Object.hasOwn(clients, client) ? [clients[client]?.program] : [])))
  let settings: ClientSettings = {}
  for (const program of programs) if (program) settings = { ...settings, ...settingsOf(given, program, path, report) }
  return settings
}

function variantOf(name: string, options: unknown, path: Path, report: Report, own: readonly string[]): ClientVariant {
  if (!variantName.test(name) || name in {})
    report(path, `"${name}" cannot name a variant: use lower-case letters, digits and single hyphens`, { at: 'key' })
  if (options !== null && !isMap(options)) {
    report(path, 'expected the settings of this variant, as in { client: node, api: fetch }, or nothing for the defaults')
    return { name, client: name, settings: {} }
  }
  const { client = name, ...settings } = options ?? {}
  const registered = typeof client === 'string' && Object.hasOwn(clients, client) ? clients[client] : undefined
  if (registered)
    return {
      name,
      client: String(client),
      settings: { ...registered.settings, ...settingsOf(settings, registered.program, path, report) },
    }
  if (typeof client === 'string' && own.includes(client)) return { name, client, settings: settings as ClientSettings }
  const isNamed = options !== null && Object.hasOwn(options, 'client')
  const which = String(client).slice(0, 60)
  const hint =
    isNamed || didYouMean(which, Object.keys(clients)) || options === null
      ? didYouMean(which, Object.keys(clients))
      : `: say which with \`client\`, as in { client: node }`
  report(isNamed ? [...path, 'client'] : path, `no client is called ${which}${hint}`, {
    at: isNamed ? 'value' : 'key',
    help: `clients: ${known()}`,
  })
  return { name, client: which, settings: {} }
}

function settingsOf(
  given: Readonly<Record<string, unknown>>,
  program: ClientProgram,
  path: Path,
  report: Report,
): ClientSettings {
  const settings = check<(typeof clientSettings)[ClientProgram]>(clientSettings[program], given, path, (at, message, options) =>
    report(
      at,
      message.startsWith('unknown key') ? message.replace('unknown key', `${program} has no setting`) : message,
      options,
    ),
  )
  return Object.fromEntries(Object.entries(settings ?? {}).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])))
}

const known = (): string => Object.keys(clients).join(', ')
