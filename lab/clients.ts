/** The clients under test that the lab ships. A new one is a line here and a folder in clients/. */
import type { Capability } from './runtimes/runtime.ts'
import type { ClientVariant, ResolverOptions } from './scenario/scenario.ts'

export type ClientSettings = Readonly<Record<string, string | number | boolean>>

export type RegisteredClient = {
  readonly settings: ClientSettings
  readonly about: string
} & (
  | {
      /** The program: which folder of clients/ it lives in. */
      readonly program: 'go' | 'node'
    }
  | {
      /** Any command line, observed from outside. */
      readonly program: 'command'
      readonly words: readonly [string, ...string[]]
      /** Where a container gets it from. */
      readonly image?: string
    }
)

/** What a scenario's `clients` can name, alone or as the `client` of a variant. */
export const clients: Readonly<Record<string, RegisteredClient>> = {
  go: { program: 'go', settings: {}, about: "Go's net/http" },
  node: { program: 'node', settings: {}, about: "Node's http.Agent" },
  'node-fetch': { program: 'node', settings: { api: 'fetch' }, about: "Node's fetch (undici)" },
  curl: {
    program: 'command',
    words: ['curl', '-sS', '--request', '{method}', '{url}'],
    image: 'curlimages/curl:8.10.1',
    settings: {},
    about: 'curl, a new process for each request',
  },
  wget: {
    program: 'command',
    words: ['wget', '--no-config', '-nv', '-O', '-', '--method={method}', '{url}'],
    settings: {},
    about: 'GNU Wget, a new process for each request',
  },
  'go-cgo': { program: 'go', settings: { resolver: 'cgo' }, about: "Go's net/http with the system's resolver" },
}

/** Whether it is a command line that knows nothing of the lab: it has no settings, so any scenario can be run with it. */
export const isCommandClient = (name: string): boolean => Object.hasOwn(clients, name) && clients[name]?.program === 'command'

/** Resolvers that read resolv.conf and cannot be told another port than 53; and Go's, where options must come from there. */
export function needsSystemResolver({ client, settings }: ClientVariant, options: ResolverOptions): readonly Capability[] {
  const asked = settings.resolver === 'cgo' || settings.resolver === 'system' || isCommandClient(client)
  const readsOptions = clients[client]?.program === 'go' && Object.keys(options).length > 0
  return asked || readsOptions ? ['system-resolver'] : []
}
