/** Rules about names and what DNS answers for them. */
import type { NameData, ZoneData } from '../../unit/protocol.ts'
import { type Draft, endOfAliases, type Rule, zonesOf } from './draft.ts'
import type { Path, Report } from './problems.ts'

export const zoneRules: readonly Rule[] = [
  { rule: 'names differ by more than upper and lower case (RFC 4343)', check: checkCase },
  { rule: 'a name that is an alias has no other data (RFC 1034 §3.6.2)', check: checkAliases },
  { rule: 'aliases do not lead back to themselves', check: checkLoops },
  { rule: 'a chain of aliases has at most 8 names', check: checkChains },
  { rule: 'an RRset has addresses or a sequence of answers, not both', check: checkSequences },
  { rule: 'an RRset has no duplicates (RFC 2181 §5), and at most 255 addresses', check: checkAddresses },
]

/** Each part of the file that changes the zone: the path of its names, what it says, and the zone it makes. */
function* changes(draft: Draft): Generator<{ readonly path: Path; readonly change: ZoneData; readonly zone: ZoneData }> {
  if (draft.zone && draft.writtenZone) yield { path: ['dns'], change: draft.writtenZone, zone: draft.zone }
  const zones = zonesOf(draft)
  for (const [index, step] of draft.steps.entries()) {
    if (step?.kind !== 'fault' || step.verb !== 'dns') continue
    yield { path: ['steps', index, 'dns'], change: step.step.dns as ZoneData, zone: zones[index] ?? {} }
  }
}

function checkCase(draft: Draft, report: Report): void {
  for (const { path, change } of changes(draft)) {
    const seen = new Map<string, string>()
    for (const name of Object.keys(change)) {
      const other = seen.get(name.toLowerCase())
      if (other !== undefined)
        report([...path, name], `${name} and ${other} are the same name: DNS takes upper and lower case as equal`, { at: 'key' })
      seen.set(name.toLowerCase(), name)
    }
  }
}

function checkAliases(draft: Draft, report: Report): void {
  for (const { path, change, zone } of changes(draft)) {
    for (const name of Object.keys(change)) {
      const data: NameData = zone[name.toLowerCase()] ?? {}
      const beside = (['A', 'AAAA'] as const).find(
        (type) => data[type]?.addresses !== undefined || data[type]?.sequence !== undefined,
      )
      if (data.CNAME === undefined || beside === undefined) continue
      const given = Object.hasOwn(change[name] ?? {}, 'CNAME') ? 'CNAME' : beside
      report(
        [...path, name, given],
        `${name} is an alias (CNAME) and has ${beside} data as well: an alias has no other data (RFC 1034 §3.6.2)`,
        { at: 'key' },
      )
    }
  }
}

function checkLoops(draft: Draft, report: Report): void {
  for (const { path, change, zone } of changes(draft)) {
    for (const [name, data] of Object.entries(change)) {
      if (data.CNAME !== undefined && endOfAliases(name, zone) === undefined)
        report([...path, name, 'CNAME'], `this alias leads into a loop: ${trail(name, zone).join(' → ')}`)
    }
  }
}

/** The DNS server follows no longer one. */
const longestChain = 8

function checkChains(draft: Draft, report: Report): void {
  for (const { path, change, zone } of changes(draft)) {
    for (const [name, data] of Object.entries(change)) {
      if (data.CNAME === undefined || endOfAliases(name, zone) === undefined) continue
      const names = trail(name, zone).length
      if (names > longestChain)
        report([...path, name, 'CNAME'], `this chain has ${names} names; ${longestChain} is the limit`, {
          help: 'let an earlier one hold the addresses',
        })
    }
  }
}

const mostAddresses = 255

function checkAddresses(draft: Draft, report: Report): void {
  for (const { path, change } of changes(draft)) {
    for (const [name, data] of Object.entries(change)) {
      for (const type of ['A', 'AAAA'] as const) {
        for (const addresses of [data[type]?.addresses ?? [], ...(data[type]?.sequence ?? [])]) {
          const twice = addresses.find((address, index) => addresses.indexOf(address) !== index)
          if (twice !== undefined)
            report([...path, name, type], `${twice} stands there twice: an RRset has no duplicates (RFC 2181 §5)`)
          if (addresses.length > mostAddresses)
            report([...path, name, type], `${addresses.length} addresses in one answer; ${mostAddresses} is the limit`)
        }
      }
    }
  }
}

function trail(name: string, zone: ZoneData): string[] {
  const names = [name.toLowerCase()]
  for (;;) {
    const next = zone[names.at(-1) ?? '']?.CNAME?.toLowerCase()
    if (next === undefined) return names
    names.push(next)
    if (names.indexOf(next) < names.length - 1) return names.length > 8 ? [...names.slice(0, 6), '…', next] : names
  }
}

function checkSequences(draft: Draft, report: Report): void {
  for (const { path, change } of changes(draft)) {
    for (const [name, data] of Object.entries(change)) {
      for (const type of ['A', 'AAAA'] as const) {
        if (data[type]?.addresses && data[type]?.sequence)
          report([...path, name, type, 'sequence'], '`sequence` and `addresses` both say what is answered: keep one', {
            at: 'key',
          })
      }
    }
  }
}
