/**
 * Puts itself in the place of `dns.lookup`, which http and fetch both ask when they connect: to report each lookup, and
 * to answer through c-ares where the system's resolver cannot be told the port of the lab's DNS server.
 */
import dns, { type LookupAddress, type LookupAllOptions, type LookupOptions } from 'node:dns'
import { isIPv6 } from 'node:net'
import { nowUs } from '../../unit/clock.ts'
import { describeError } from './errors.ts'
import { outsideOf, refuseLookup } from './guard.ts'
import type { ClientSettings } from './settings.ts'
import type { Emit, SocketWatch } from './sockets.ts'

type Callback = (error: NodeJS.ErrnoException | null, addresses?: LookupAddress[] | string, family?: number) => void
/** Asks for the addresses of a name; `family` is 4, 6 or 0 for both. */
export type Resolve = (host: string, family: number, options: LookupOptions) => Promise<LookupAddress[]>

/** The resolver that the settings name. */
export function chooseResolver(settings: ClientSettings): Resolve {
  return settings.resolver === 'c-ares' ? caresResolver(settings) : getaddrinfoResolver(dns.lookup)
}

/** From now on `dns.lookup` asks this resolver, and reports what it was asked and what it said. Returns what undoes it. */
export function replaceLookup(resolve: Resolve, sockets: SocketWatch, emit: Emit): () => void {
  const lookup = (host: string, options: LookupOptions, callback: Callback) => {
    const { current: progress, latest: socket } = sockets
    const request = progress?.request ?? 0
    const report = (addresses: readonly string[], error?: unknown) => {
      if (progress === undefined) return
      const failure = error === undefined ? {} : { error: describeError(error, { ...atLookup, lookingUp: true }) }
      progress.lookups -= 1
      // The client has given up the socket: the answer comes too late to be anyone's.
      if (socket?.destroyed !== true) emit({ event: 'lookup-ended', atUs: nowUs(), request, host, addresses, ...failure })
    }
    if (progress !== undefined) {
      progress.lookups += 1
      emit({ event: 'lookup-started', atUs: nowUs(), request, host })
    }
    resolve(host, familyOf(options), options).then(
      (found) => {
        const addresses = found.map(({ address }) => address)
        report(addresses)
        const outside = outsideOf(addresses)
        if (outside !== undefined) return refuseLookup(host, outside, emit) // and never answered
        const [first] = found
        // Out of the promise: what the callback throws is the client's, not the lookup's.
        process.nextTick(() => (options.all === true ? callback(null, found) : callback(null, first?.address, first?.family)))
      },
      (error: NodeJS.ErrnoException) => {
        report([], error)
        process.nextTick(() => callback(error))
      },
    )
  }
  const { lookup: original } = dns
  Object.assign(dns, { lookup })
  return () => Object.assign(dns, { lookup: original })
}

const atLookup = { connectionUsed: false, headReceived: false, socketReset: false, timedOut: false }

function familyOf({ family }: LookupOptions): number {
  return family === 'IPv4' ? 4 : family === 'IPv6' ? 6 : (family ?? 0)
}

function getaddrinfoResolver(lookup: typeof dns.lookup): Resolve {
  return (host, _family, options) =>
    new Promise((resolve, reject) => {
      const all: LookupAllOptions = { ...options, all: true }
      lookup(host, all, (error, addresses) => (error === null ? resolve(addresses) : reject(error)))
    })
}

function caresResolver({ dnsServer, resolverTimeoutMs, resolverAttempts }: ClientSettings): Resolve {
  const server = `${isIPv6(dnsServer.address) ? `[${dnsServer.address}]` : dnsServer.address}:${dnsServer.port}`
  return async (host, family) => {
    // A resolver of its own for each lookup: c-ares learns from earlier answers how long to wait and which server to
    // avoid, and getaddrinfo, which it stands in for, remembers nothing.
    const resolver = new dns.promises.Resolver({ timeout: resolverTimeoutMs, tries: resolverAttempts })
    resolver.setServers([server])
    const none = Promise.resolve<string[]>([])
    const [v4, v6] = await Promise.allSettled([
      family === 6 ? none : resolver.resolve4(host),
      family === 4 ? none : resolver.resolve6(host),
    ])
    // ::1 first, as getaddrinfo's default table has it (RFC 6724 §2.1: ::1 has precedence 50, IPv4 addresses 35); within
    // a family the order stays that of the answer.
    const found = [...addressesOf(v6, 6), ...addressesOf(v4, 4)]
    if (found.length === 0) throw worse(v4, v6)
    return found
  }
}

function addressesOf(result: PromiseSettledResult<string[]>, family: number): LookupAddress[] {
  return result.status === 'fulfilled' ? result.value.map((address) => ({ address, family })) : []
}

/** Of two failures the one that says more: that a name has no AAAA record does not explain why its A query failed. */
function worse(...results: PromiseSettledResult<string[]>[]): NodeJS.ErrnoException {
  const errors = results.flatMap((result): NodeJS.ErrnoException[] => (result.status === 'rejected' ? [result.reason] : []))
  const [first] = [...errors.filter(({ code }) => code !== 'ENODATA' && code !== 'ENOTFOUND'), ...errors]
  return first ?? new Error('The DNS server gave neither an address nor an error.')
}
