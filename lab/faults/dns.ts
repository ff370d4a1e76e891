import { z } from 'zod'
import type { NameData } from '../../unit/protocol.ts'
import { leadsThrough, mergeZone, zone } from '../scenario/zone.ts'
import type { QuerySeen } from '../timeline/timeline.ts'
import { defineFault } from './fault.ts'
import { mayMiss } from './targets.ts'

/** DNS changes, or goes wrong: for each name given, the keys given replace those of before. */
export const dns = defineFault({
  verb: 'dns',
  about: 'The zone changes, or the DNS server goes wrong: the keys given replace those of before.',
  schema: z.strictObject({ dns: zone, may_miss: mayMiss }),
  targets: () => [],
  needs: () => ({}),
  async inject(step, _addresses, context) {
    const before = context.currentZone()
    const after = mergeZone(before, step.dns)
    const names = Object.keys(step.dns).map((name) => name.toLowerCase())
    return {
      evidence: [await context.replaceNames(Object.fromEntries(names.map((name) => [name, after[name] ?? {}])))],
      mechanism: 'DNS server',
      lift: async () => [await context.replaceNames(Object.fromEntries(names.map((name) => [name, before[name] ?? {}])))],
    }
  },
  met(step, _addresses, seen, _counted, zone) {
    const faults = Object.entries(step.dns).flatMap(([name, data]) => [
      ...faultsOf(data).map((fault) => ({ name, type: undefined, fault })),
      ...(['A', 'AAAA'] as const).flatMap((type) => faultsOf(data[type]).map((fault) => ({ name, type, fault }))),
    ])
    if (faults.length === 0) return undefined // a change of records
    const queries = seen.flatMap((step) => step.queries)
    return queries.some((query) =>
      faults.some(
        ({ name, type, fault }) =>
          query.fault === fault && (type ?? query.type) === query.type && leadsThrough(query.name, name.toLowerCase(), zone),
      ),
    )
  },
})

/** What a query shows that met this part of the zone. */
const faultsOf = (part: Pick<NameData, 'fault' | 'delayMs'> | undefined): QuerySeen['fault'][] => [
  ...(part?.fault === undefined ? [] : [part.fault]),
  ...((part?.delayMs ?? 0) > 0 ? (['delayed'] as const) : []),
]
