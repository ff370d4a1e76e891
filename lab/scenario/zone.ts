/** The `dns` part of a scenario: names under .test, what the DNS server answers for them, and what it does wrong. */
import { z } from 'zod'
import type { NameData, RRsetData, ZoneData } from '../../unit/protocol.ts'
import { address, duration, hostName } from './values.ts'

export const dnsFaults = ['silent', 'truncated', 'formerr', 'servfail', 'nxdomain', 'notimp', 'refused', 'nodata'] as const
const fault = z.enum(dnsFaults).meta({
  id: 'dns_fault',
  description: 'silent: no answer; truncated: TC over UDP, whole over TCP; nodata: an empty answer; others: that response code.',
})

/** `[addresses]`, a fault word, or both with a script of answers. */
const rrset = (family: 'IPv4' | 'IPv6') => {
  const addresses = z.array(
    address.refine((text) => text.includes(':') === (family === 'IPv6'), {
      abort: true,
      error: (issue) =>
        `${String(issue.input)} is no ${family} address: ${family === 'IPv4' ? 'AAAA' : 'A'} holds those of the other family`,
    }),
  )
  return z
    .union(
      [
        addresses,
        fault,
        z.strictObject({
          addresses: addresses.optional().describe('The addresses of the answer.'),
          sequence: z.array(addresses).min(1).optional().describe('One answer after the other; the last one stays.'),
          fault: fault.optional().describe('What is wrong with answers of this type.'),
          delay: duration.optional().describe('How late answers of this type are.'),
        }),
      ],
      {
        error: `expected a list of ${family} addresses, a fault (${dnsFaults.join(', ')}), or { addresses, sequence, fault, delay }`,
      },
    )
    .transform((given): RRsetData => {
      if (typeof given === 'string') return { fault: given }
      if (Array.isArray(given)) return { addresses: given }
      const { delay, ...rest } = given
      return delay === undefined ? rest : { ...rest, delayMs: delay }
    })
}

export const zoneEntry = z
  .strictObject({
    A: rrset('IPv4').describe('The A RRset: IPv4 addresses.'),
    AAAA: rrset('IPv6').describe('The AAAA RRset: IPv6 addresses.'),
    CNAME: hostName.describe('This name is an alias of that one.'),
    ttl: duration.describe('Time to live of the records; 0s if absent.'),
    order: z.enum(['as_written', 'shuffled', 'rotated']).describe('The order of the addresses in an answer.'),
    at_most: z.int().min(1).max(255).describe('At most so many addresses in an answer.'),
    fault: z.union([fault, z.literal('none')]).describe('What is wrong for every type of this name; `none` ends it.'),
    delay: duration.describe('How late every answer for this name is.'),
  })
  .partial()
  .transform(
    ({ ttl, at_most, delay, fault, ...rest }): NameData => ({
      ...rest,
      ...(ttl === undefined ? {} : { ttlS: Math.round(ttl / 1000) }),
      ...(at_most === undefined ? {} : { atMost: at_most }),
      ...(delay === undefined ? {} : { delayMs: delay }),
      ...(fault === undefined ? {} : { fault: fault === 'none' ? undefined : fault }),
    }),
  )

export const zone = z
  .record(hostName, zoneEntry)
  .meta({ id: 'zone', description: 'Names and what the authoritative DNS server answers for them.' })

/** Whether a question for `asked` comes to this name: it is that name, or an alias on the way. Names in lower case. */
export function leadsThrough(asked: string, name: string, zone: ZoneData): boolean {
  const seen = new Set<string>()
  for (let at: string | undefined = asked; at !== undefined && !seen.has(at); at = zone[at]?.CNAME?.toLowerCase()) {
    if (at === name) return true
    seen.add(at)
  }
  return false
}

/** The zone that a `dns` step makes of the one before: for each name given, the keys given replace those of before. */
export function mergeZone(before: ZoneData, change: ZoneData): ZoneData {
  const names = Object.keys(change).map((name): [string, NameData] => [
    name.toLowerCase(),
    { ...before[name.toLowerCase()], ...change[name] },
  ])
  return { ...before, ...Object.fromEntries(names) }
}
