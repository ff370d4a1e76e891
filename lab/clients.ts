/** The clients under test that the lab ships. A new one is a line here and a folder in clients/. */
import type { Capability } from './runtimes/runtime.ts'

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

/** Resolvers that read resolv.conf and cannot be told another port than 53. */
export const needsSystemResolver = (settings: ClientSettings): readonly Capability[] =>
  settings.resolver === 'cgo' || settings.resolver === 'system' ? ['system-resolver'] : []
