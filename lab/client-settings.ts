/**
 * The settings of each client program: what a variant (or `control.client`) can change, and the values it takes. They go
 * to the client as they are written, so nothing here transforms a value; what each does is in clients/README.md.
 */
import { z } from 'zod'
import { parseDuration } from './scenario/values.ts'

export type Setting = string | number | boolean

/** A duration that the program itself reads; Node's client knows no `us`, Go's takes a negative one where that means "off". */
const durationText = (pattern: RegExp, examples: string) =>
  z.string({ error: `expected a duration with its unit, such as ${examples}` }).regex(pattern, {
    error: (issue) => `"${String(issue.input)}" is not a duration here: write a number with its unit, such as ${examples}`,
  })
const goDuration = durationText(/^\d+(?:\.\d+)?(?:us|ms|s|m)$/, '300ms or 2s')
const nodeDuration = durationText(/^\d+(?:\.\d+)?(?:ms|s|m)$/, '250ms or 2s').refine((text) => (parseDuration(text) ?? 1) >= 1, {
  error: 'this is less than 1ms: Node counts in whole milliseconds',
})
const count = (min: number) => z.int({ error: `expected a whole number, ${min} or more` }).min(min)
const network = z
  .enum(['tcp', 'tcp4', 'tcp6'])
  .describe('tcp: both families; tcp4, tcp6: only this one, and only its record type is asked for.')
const keepAlive = z.boolean().describe('Whether connections are kept for the next request.')

export const clientSettings = {
  go: z
    .strictObject({
      resolver: z.enum(['go', 'cgo']).describe("go: Go's own; cgo: the C library's getaddrinfo, which sorts the addresses."),
      network,
      fallback_delay: durationText(/^-?\d+(?:\.\d+)?(?:us|ms|s|m)$/, '300ms or 2s').describe(
        "net.Dialer.FallbackDelay: when the second family starts. 0s means Go's default of 300ms, -1s: not at all.",
      ),
      dial_timeout: goDuration.describe('net.Dialer.Timeout: for the lookup and all attempts of one dial; 30s if absent.'),
      keep_alive: keepAlive,
      max_idle_conns: count(0).describe('http.Transport.MaxIdleConns; 0: no limit.'),
      max_idle_conns_per_host: count(0).describe('http.Transport.MaxIdleConnsPerHost; 0: 2.'),
      max_conns_per_host: count(0).describe('http.Transport.MaxConnsPerHost; 0: no limit.'),
      idle_conn_timeout: goDuration.describe('http.Transport.IdleConnTimeout; 90s if absent.'),
      response_header_timeout: goDuration.describe('http.Transport.ResponseHeaderTimeout; none if absent.'),
    })
    .partial(),
  node: z
    .strictObject({
      api: z.enum(['http', 'fetch']).describe('http: http.request with an Agent; fetch: the global fetch (undici).'),
      resolver: z.enum(['system', 'c-ares']).describe('system: getaddrinfo, as dns.lookup uses it; c-ares: dns.Resolver.'),
      network,
      auto_select_family: z
        .boolean()
        .describe('Whether Node tries the other addresses when one does not answer (Happy Eyeballs).'),
      auto_select_family_attempt_timeout: nodeDuration
        .refine((text) => (parseDuration(text) ?? 10) >= 10, {
          error: 'Node raises anything shorter to 10ms: write 10ms or more',
        })
        .describe('How long one attempt may take before the next address is tried; 250ms if absent.'),
      keep_alive: keepAlive,
      max_sockets: count(1).describe('How many connections at a time; no limit if absent.'),
      connect_timeout: nodeDuration.describe('Limit on the connect, the lookup included.'),
    })
    .partial(),
  /** Options of a command are in its command line. */
  command: z.strictObject({}),
} as const satisfies Readonly<Record<string, z.ZodObject>>
export type ClientProgram = keyof typeof clientSettings
