/** What makes a zone unfit to serve. dns2 would encode most of these into wrong bytes without a word. */
import { isIP } from 'node:net'
import type { Address, AnswerOrder, NameData, RecordType, RRsetData, ZoneData } from '../unit/protocol.ts'
import { isFault } from './faults.ts'
import { nameProblem } from './names.ts'

export interface ZoneProblem {
  /** Where: the owner name, then the field, then what is in it. */
  readonly path: readonly string[]
  readonly text: string
}

/** A zone that cannot be served, with everything that is wrong with it. */
export class ZoneError extends Error {
  override readonly name = 'ZoneError'
  readonly problems: readonly ZoneProblem[]
  constructor(problems: readonly ZoneProblem[]) {
    super(problems.map(({ path, text }) => `${path.join('.')} ${text}`).join('\n'))
    this.problems = problems
  }
}

export const recordTypes: readonly RecordType[] = ['A', 'AAAA']
export const answerOrders: readonly AnswerOrder[] = ['as_written', 'shuffled', 'rotated']

const largestTtlS = 0x7fffffff // RFC 2181 §8
const longestDelayMs = 3_600_000
const mostAddresses = 255
const longestChain = 8

/** Every problem of the names given, each taken alone. */
export function checkNames(zone: ZoneData): ZoneProblem[] {
  const problems: ZoneProblem[] = []
  for (const [name, data] of Object.entries(zone)) {
    const add = (path: readonly string[], text: string) => problems.push({ path: [name, ...path], text })
    const problem = nameProblem(name.toLowerCase())
    if (problem) add([], problem)
    checkName(data, add)
  }
  return problems
}

/** CNAME chains that end nowhere because they turn in a circle, or are too long to follow. */
export function checkChains(names: ReadonlyMap<string, NameData>): ZoneProblem[] {
  const problems: ZoneProblem[] = []
  for (const name of names.keys()) {
    const chain = [name]
    for (let next = names.get(name)?.CNAME; next !== undefined; next = names.get(next)?.CNAME) {
      chain.push(next)
      if (chain.length <= longestChain && next !== name) continue
      problems.push({ path: [name, 'CNAME'], text: `never arrives: ${chain.join(' → ')}. Let one of them hold addresses` })
      break
    }
  }
  return problems
}

type Add = (path: readonly string[], text: string) => void

function checkName(data: NameData, add: Add): void {
  if (data.ttlS !== undefined && !isWhole(data.ttlS, 0, largestTtlS))
    add(['ttl'], `is ${data.ttlS} s: give whole seconds from 0 to ${largestTtlS}`)
  if (data.order !== undefined && !answerOrders.includes(data.order))
    add(['order'], `is "${data.order}": use ${answerOrders.join(', ')}`)
  if (data.atMost !== undefined && !isWhole(data.atMost, 1, mostAddresses))
    add(['at_most'], `is ${data.atMost}: give a number from 1 to ${mostAddresses}`)
  checkFaultAndDelay(data, [], add)
  if (data.CNAME !== undefined) {
    const problem = nameProblem(data.CNAME.toLowerCase())
    if (problem) add(['CNAME'], `${data.CNAME} ${problem}`)
  }
  for (const type of recordTypes) {
    const rrset = data[type]
    if (rrset === undefined) continue
    checkRRset(type, rrset, add)
    const holdsAddresses = (rrset.addresses?.length ?? 0) > 0 || rrset.sequence !== undefined
    if (data.CNAME !== undefined && holdsAddresses)
      add([type], 'stands beside a CNAME: an alias has no addresses of its own (RFC 1034 §3.6.2)')
  }
}

function checkRRset(type: RecordType, rrset: RRsetData, add: Add): void {
  checkFaultAndDelay(rrset, [type], add)
  if (rrset.addresses && rrset.sequence) add([type], 'has both addresses and a sequence: keep one')
  if (rrset.sequence?.length === 0) add([type, 'sequence'], 'is empty: give at least one list of addresses')
  if (rrset.addresses) checkAddresses(type, rrset.addresses, [type], add)
  for (const [index, addresses] of (rrset.sequence ?? []).entries())
    checkAddresses(type, addresses, [type, 'sequence', String(index)], add)
}

function checkAddresses(type: RecordType, addresses: readonly Address[], path: readonly string[], add: Add): void {
  if (addresses.length > mostAddresses) add(path, `has ${addresses.length} addresses: ${mostAddresses} is the limit`)
  for (const address of new Set(addresses)) {
    const fits = type === 'A' ? isIP(address) === 4 && address.startsWith('127.') : address === '::1'
    if (!fits)
      add(
        path,
        `holds ${address}: ${type === 'A' ? 'an A record here is in 127.0.0.0/8' : 'an AAAA record here is ::1'}, so that no packet leaves the machine`,
      )
    if (addresses.filter((other) => other === address).length > 1)
      add(path, `holds ${address} more than once: an RRset has no duplicates (RFC 2181 §5)`)
  }
}

function checkFaultAndDelay(data: NameData | RRsetData, path: readonly string[], add: Add): void {
  if (data.fault !== undefined && !isFault(data.fault)) add([...path, 'fault'], `is "${String(data.fault)}", which is no fault`)
  const delayMs = data.delayMs ?? 0
  if (!(delayMs >= 0 && delayMs <= longestDelayMs))
    add([...path, 'delay'], `is ${delayMs} ms: give 0 to ${longestDelayMs / 60_000} minutes`)
}

const isWhole = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most
