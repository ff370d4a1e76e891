/** A scenario on its way: what could be read of it so far, so that every part that is sound can be checked. */
import type { Address, ZoneData } from '../../unit/protocol.ts'
import type { Report } from './problems.ts'
import type { ClientVariant, Control, Step } from './scenario.ts'
import { isLoopback } from './values.ts'
import { mergeZone } from './zone.ts'

export interface Draft {
  /** Undefined where that part has problems of its own. */
  readonly servers: readonly Address[] | undefined
  readonly variants: readonly ClientVariant[] | undefined
  readonly zone: ZoneData | undefined
  /** The zone with its names as they are written. */
  readonly writtenZone: ZoneData | undefined
  readonly steps: readonly (Step | undefined)[]
  readonly control: Control | undefined
}

/** One rule of the language that no schema can say. */
export interface Rule {
  readonly rule: string
  check(draft: Draft, report: Report): void
}

/** The zone in force during each step; a `dns` step's own change is in it. */
export function zonesOf({ zone = {}, steps }: Pick<Draft, 'zone' | 'steps'>): readonly ZoneData[] {
  let current = zone
  return steps.map((step) => {
    if (step?.kind === 'fault' && step.verb === 'dns') current = mergeZone(current, step.step.dns as ZoneData)
    if (step?.kind === 'lift' && step.verb === 'dns') current = zone
    return current
  })
}

/** Where a name ends after its aliases (RFC 1034 §3.6.2); undefined in a loop. */
export function endOfAliases(name: string, zone: ZoneData): string | undefined {
  const seen = new Set<string>()
  let current = name.toLowerCase()
  while (!seen.has(current)) {
    seen.add(current)
    const next = zone[current]?.CNAME
    if (next === undefined) return current
    current = next.toLowerCase()
  }
  return undefined
}

/** Every address that DNS ever answers with, every server, and every address that a URL names. */
export function knownAddresses(draft: Draft): ReadonlySet<Address> {
  const zones = [draft.zone ?? {}, draft.control?.dns ?? {}, ...zonesOf(draft)]
  const rrsets = zones.flatMap((zone) => Object.values(zone).flatMap(({ A, AAAA }) => [A, AAAA]))
  const inDns = rrsets.flatMap((rrset) => [...(rrset?.addresses ?? []), ...(rrset?.sequence?.flat() ?? [])])
  const inUrls = draft.steps.flatMap((step) => (step?.kind === 'request' ? [step.host] : []))
  return new Set([...(draft.servers ?? []), ...inDns, ...inUrls.filter(isLoopback)])
}
