/**
 * Event lines put together from parts that were serialised once: JSON.stringify for each query would be a third of the
 * server's time. The parts follow DnsEvent in unit/protocol.ts; a test reads the lines back.
 */
import type { DnsFault, DnsRecord, Micros } from '../unit/protocol.ts'
import type { AnswerRecord } from './codec.ts'
import type { Rcode } from './parameters.ts'

export type Transport = 'udp' | 'tcp'

/** What is the same in the `query` events of one question over one transport. */
export const queryPart = (name: string, type: string, transport: Transport): string =>
  `"name":${JSON.stringify(name)},"type":${JSON.stringify(type)},"transport":"${transport}","peerPort":`

/** What is the same whenever one answer is sent. */
export function answerPart(rcode: Rcode, answers: readonly AnswerRecord[], truncated: boolean, bytes: number): string {
  const records: DnsRecord[] = answers.map(({ name, type, ttlS, data }) => ({ name, type, ttlS, data }))
  return `"rcode":"${rcode}","records":${JSON.stringify(truncated ? [] : records)},"truncated":${truncated},"bytes":${bytes}}`
}

export const faultPart = (fault: DnsFault | 'delayed' | undefined): string => (fault ? `,"fault":"${fault}"}` : '}')

export const queryLine = (atUs: Micros, query: number, part: string, peerPort: number, fault: string): string =>
  `{"event":"query","atUs":${atUs},"query":${query},${part}${peerPort}${fault}`

export const answeredQueryLine = (
  atUs: Micros,
  query: number,
  part: string,
  peerPort: number,
  sentUs: Micros,
  answer: string,
  fault: string,
): string => `{"event":"query","atUs":${atUs},"query":${query},${part}${peerPort},"answer":{"atUs":${sentUs},${answer}${fault}`

export const answerLine = (sentUs: Micros, query: number, answer: string): string =>
  `{"event":"answer","atUs":${sentUs},"query":${query},"answer":{"atUs":${sentUs},${answer}}`

export const badMessageLine = (atUs: Micros, reason: string, rcode: Rcode | undefined, peerPort: number): string =>
  JSON.stringify({ event: 'bad-message', atUs, reason, ...(rcode && { rcode }), peerPort })
