import type { NameData, RRsetData, ZoneData } from '../unit/protocol.ts'
import { recordTypes } from './zone-check.ts'

/** The names of a zone and what is said of them, in one line. */
export const describeNames = (zone: ZoneData): string =>
  Object.entries(zone)
    .map(([name, data]) => `${name}: ${describeName(data) || 'no records'}`)
    .join('; ')

/** What a zone says of one name, in a few words. */
export function describeName(data: NameData): string {
  const words: string[] = []
  for (const type of recordTypes) {
    const rrset = data[type]
    if (rrset) words.push(`${type} ${describeRRset(rrset)}`)
  }
  if (data.CNAME !== undefined) words.push(`CNAME ${data.CNAME}`)
  if (data.order !== undefined) words.push(data.order.replace('_', ' '))
  if (data.atMost !== undefined) words.push(`at most ${data.atMost}`)
  if (data.ttlS !== undefined) words.push(`TTL ${data.ttlS} s`)
  if (data.fault !== undefined) words.push(data.fault)
  if (data.delayMs !== undefined) words.push(`delayed ${data.delayMs} ms`)
  return words.join(', ')
}

function describeRRset(rrset: RRsetData): string {
  const words: string[] = []
  if (rrset.addresses) words.push(rrset.addresses.length > 0 ? rrset.addresses.join(' ') : 'no addresses')
  if (rrset.sequence) words.push(rrset.sequence.map((answer) => answer.join(' ') || 'no addresses').join(', then '))
  if (rrset.fault !== undefined) words.push(rrset.fault)
  if (rrset.delayMs !== undefined) words.push(`delayed ${rrset.delayMs} ms`)
  return words.join(' ')
}
