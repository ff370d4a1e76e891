/** What the DNS packets of a request say about its lookup. Pure. */
import type { ErrorKind } from '../../unit/protocol.ts'
import type { DnsAnswerPacket, Packet } from './packets.ts'

/** `found`: an address came; undefined: nobody asked, or the answer came over TCP, which is not looked at. */
export type LookupSeen = 'found' | Extract<ErrorKind, 'name-not-found' | 'dns-failure' | 'dns-timeout'> | undefined

export function lookupOf(packets: readonly Packet[]): LookupSeen {
  const asked = packets.flatMap((packet) => (packet.kind === 'dns-query' ? [packet.id] : []))
  // An answer to the request before may come late.
  const answers = packets.filter((packet): packet is DnsAnswerPacket => packet.kind === 'dns-answer' && asked.includes(packet.id))
  if (answers.some(({ addresses }) => addresses > 0)) return 'found'
  if (asked.length === 0 || answers.some(({ truncated }) => truncated)) return undefined
  if (answers.some(({ rcode }) => rcode === 'NXDomain')) return 'name-not-found'
  if (answers.some(({ rcode }) => rcode !== 'NoError')) return 'dns-failure'
  const answered = new Set(answers.map(({ id }) => id))
  return asked.every((id) => answered.has(id)) ? 'name-not-found' : 'dns-timeout'
}
