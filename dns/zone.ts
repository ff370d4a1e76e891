/**
 * The zone `test`: what it holds, and what a question for a name and type comes to. Names above an owner exist without
 * records (empty non-terminals, RFC 8020 §2), a name without the type is NODATA, any other name NXDOMAIN.
 */
import type { Address, AnswerOrder, DnsFault, NameData, RecordType, RRsetData, ZoneData } from '../unit/protocol.ts'
import { streamOf } from './answer-policy.ts'
import type { AnswerRecord } from './codec.ts'
import { faultEffects } from './faults.ts'
import { apex, isWithinApex, parentOf } from './names.ts'
import { type Rcode, typeName, types } from './parameters.ts'
import { checkChains, checkNames, recordTypes, ZoneError } from './zone-check.ts'

/** The addresses of one name and type, and how often they were asked for. */
export interface RRset {
  readonly name: string
  readonly type: RecordType
  readonly ttlS: number
  /** One answer, or a script of them: the last one stays. */
  readonly answers: readonly (readonly Address[])[]
  readonly order: AnswerOrder
  readonly atMost: number | undefined
  readonly stream: number
  /** Queries of this name and type. Goes on when the zone is replaced. */
  queries: number
  /** Answers given by this RRset as it stands. */
  position: number
}

/** What a question comes to, until the zone is replaced. */
export interface Resolution {
  readonly rcode: Rcode
  readonly authoritative: boolean
  /** Records that are the same in each answer: the CNAMEs that lead to `rrset`, or SOA, HINFO. */
  readonly fixed: readonly AnswerRecord[]
  /** Its addresses end the answer, unless `withheld`. Counts the query in either case. */
  readonly rrset?: RRset | undefined
  /** A fault took the addresses out of the answer. */
  readonly withheld: boolean
  readonly fault?: DnsFault | undefined
  readonly delayMs: number
}

export class Zone {
  readonly #seed: number
  #names: ReadonlyMap<string, NameData> = new Map()
  #rrsets = new Map<string, RRset>()
  #emptyNonTerminals: ReadonlySet<string> = new Set()
  readonly #queriesBefore = new Map<string, number>()

  constructor(seed: number, data: ZoneData) {
    this.#seed = seed
    this.replace(data)
  }

  /** Replaces the names given; the others stay. @throws {ZoneError} and changes nothing if anything is wrong with them. */
  replace(data: ZoneData): void {
    const problems = checkNames(data)
    if (problems.length > 0) throw new ZoneError(problems)
    const names = new Map(this.#names)
    for (const [name, given] of Object.entries(data)) {
      names.set(name.toLowerCase(), given.CNAME === undefined ? given : { ...given, CNAME: given.CNAME.toLowerCase() })
    }
    const circles = checkChains(names)
    if (circles.length > 0) throw new ZoneError(circles)
    this.#names = names
    this.#emptyNonTerminals = new Set([...names.keys()].flatMap(ancestorsOf))
    for (const name of Object.keys(data)) this.#replaceRRsets(name.toLowerCase())
  }

  /** What a question for a lower-case name comes to. */
  resolve(name: string, type: number): Resolution {
    const fixed: AnswerRecord[] = []
    if (!isWithinApex(name)) return { rcode: 'REFUSED', authoritative: false, fixed, withheld: false, delayMs: 0 }
    const asked = typeName(type)
    let delayMs = 0
    let fault: DnsFault | undefined
    for (let owner = name; ; ) {
      const data = this.#names.get(owner)
      const own = asked === 'A' || asked === 'AAAA' ? data?.[asked] : undefined
      const rrset = this.#rrsets.get(`${owner} ${asked}`)
      delayMs += own?.delayMs ?? data?.delayMs ?? 0
      fault = own?.fault ?? data?.fault ?? fault
      const effect = fault && faultEffects[fault]
      if (effect && effect.kind !== 'truncation') {
        const response = effect.kind === 'response' ? effect : { rcode: 'NOERROR' as const, authoritative: false }
        return { ...response, fixed: response.authoritative ? fixed : [], rrset, withheld: true, fault, delayMs }
      }
      const end = { authoritative: true, fixed, withheld: false, fault, delayMs }
      if (type === types.AXFR || type === types.IXFR) return { ...end, rcode: 'REFUSED', authoritative: false }
      if (!data && !this.#emptyNonTerminals.has(owner) && owner !== apex) return { ...end, rcode: 'NXDOMAIN' }
      if (type === types.ANY)
        fixed.push({ name: owner, type: 'HINFO', ttlS: 0, data: 'RFC8482' }) // RFC 8482 §4.2
      else if (type === types.SOA && owner === apex) fixed.push(startOfAuthority)
      else if (data?.CNAME !== undefined) {
        fixed.push({ name: owner, type: 'CNAME', ttlS: data.ttlS ?? 0, data: data.CNAME })
        if (type !== types.CNAME) {
          owner = data.CNAME
          continue
        }
      }
      return { ...end, rcode: 'NOERROR', rrset }
    }
  }

  #replaceRRsets(name: string): void {
    const data = this.#names.get(name) ?? {}
    for (const type of recordTypes) {
      const key = `${name} ${type}`
      const before = this.#rrsets.get(key)
      this.#queriesBefore.set(key, before?.queries ?? this.#queriesBefore.get(key) ?? 0)
      this.#rrsets.delete(key)
      const after = rrsetOf(name, type, data, data[type] ?? {}, streamOf(this.#seed, name, type))
      if (!after) continue
      after.queries = this.#queriesBefore.get(key) ?? 0
      if (before && isSameScript(before, after)) after.position = before.position
      this.#rrsets.set(key, after)
    }
  }
}

/** The zone's SOA record. Its TTL and its minimum bound negative caching (RFC 2308 §5): the lab wants none. */
export const startOfAuthority: AnswerRecord = {
  name: apex,
  type: 'SOA',
  ttlS: 0,
  data: `ns.${apex} hostmaster.${apex} 1 3600 600 86400 0`,
}

function rrsetOf(name: string, type: RecordType, data: NameData, own: RRsetData, stream: number): RRset | undefined {
  const answers = own.sequence ?? (own.addresses?.length ? [own.addresses] : [])
  if (answers.length === 0) return undefined
  // A script says each answer in full: order and at_most leave it alone.
  const policy = own.sequence
    ? { order: 'as_written' as const, atMost: undefined }
    : { order: data.order ?? ('as_written' as const), atMost: data.atMost }
  return { name, type, ttlS: data.ttlS ?? 0, answers, ...policy, stream, queries: 0, position: 0 }
}

/** A fault or a TTL that comes and goes does not restart a rotation or a script. */
const isSameScript = (one: RRset, other: RRset): boolean =>
  one.order === other.order && one.atMost === other.atMost && JSON.stringify(one.answers) === JSON.stringify(other.answers)

function ancestorsOf(name: string): string[] {
  const ancestors: string[] = []
  for (let parent = parentOf(name); parent !== undefined; parent = parentOf(parent)) ancestors.push(parent)
  return ancestors
}
