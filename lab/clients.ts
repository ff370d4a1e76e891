/** The clients under test that the lab ships. A new one is a line here and a folder in clients/. */
import type { Capability } from './runtimes/runtime.ts'
import type { ClientVariant, ResolverOptions } from './scenario/scenario.ts'

export type ClientSettings = Readonly<Record<string, string | number | boolean>>

export interface RegisteredClient {
  /** The program: which folder of clients/ it lives in. */
  readonly program: 'go' | 'node'
  readonly settings: ClientSettings
  readonly about: string
}

/** What a scenario's `clients` can name, alone or as the `client` of a variant. */
export const clients: Readonly<Record<string, RegisteredClient>> = {
  go: { program: 'go', settings: {}, about: "Go's net/http" },
  node: { program: 'node', settings: {}, about: "Node's http.Agent" },
  'node-fetch': { program: 'node', settings: { api: 'fetch' }, about: "Node's fetch (undici)" },
  'go-cgo': { program: 'go', settings: { resolver: 'cgo' }, about: "Go's net/http with the system's resolver" },
}

/** Resolvers that read resolv.conf and cannot be told another port than 53; and Go's, where options must come from there. */
export function needsSystemResolver({ client, settings }: ClientVariant, options: ResolverOptions): readonly Capability[] {
  const asked = settings.resolver === 'cgo' || settings.resolver === 'system'
  const readsOptions = clients[client]?.program === 'go' && Object.keys(options).length > 0
  return asked || readsOptions ? ['system-resolver'] : []
}
