import { z } from 'zod'
import { mergeZone, zone } from '../scenario/zone.ts'
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
  met(step, _addresses, seen) {
    const changes = Object.values(step.dns)
    const isFault = changes.some((name) =>
      [name, name.A, name.AAAA].some((part) => part?.fault !== undefined || (part?.delayMs ?? 0) > 0),
    )
    return isFault ? seen.some((s) => s.queries.some((query) => query.fault !== undefined)) : undefined
  },
})
