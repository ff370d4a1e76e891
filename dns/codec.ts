/** Writes answers with dns2's encoders. What dns2 leaves to its user is seen to here: OPT, extended rcodes, truncation, the question's own bytes. */
import { Packet } from 'dns2'
import { ByteWriter } from './byte-writer.ts'
import { classIn, type Rcode, rcodes, types } from './parameters.ts'
import type { Edns, QueryHead } from './query.ts'

/** A record of an answer: what the event says of it, and what dns2 encodes. */
export interface AnswerRecord {
  readonly name: string
  readonly type: 'A' | 'AAAA' | 'CNAME' | 'SOA' | 'HINFO'
  readonly ttlS: number
  /** As `dig` prints it. */
  readonly data: string
}
export interface Answer {
  readonly rcode: Rcode
  readonly authoritative: boolean
  readonly truncated: boolean
  readonly answers: readonly AnswerRecord[]
  readonly authorities: readonly AnswerRecord[]
}

/** The largest UDP answer: what crosses any path unfragmented (DNS flag day 2020). */
export const udpSizeLimit = 1232
/** TCP frames a message with a 16-bit length (RFC 1035 §4.2.2). */
export const tcpSizeLimit = 65_535

/** How large an answer to this query may be over UDP: 512 bytes without EDNS (RFC 6891 §6.2.3). */
export const udpSizeOf = (edns: Edns | undefined): number => Math.min(Math.max(edns?.udpSize ?? 0, 512), udpSizeLimit)

/**
 * Encodes `answer` to the message that `head` came from. If it is longer than `limit`, the answer says TC and holds no
 * record but OPT (RFC 2181 §9): whoever wants the rest asks over TCP.
 */
export function encodeAnswer(
  head: QueryHead,
  answer: Answer,
  limit: number,
): { readonly bytes: Buffer; readonly truncated: boolean } {
  const bytes = encode(head, answer)
  if (bytes.length <= limit) return { bytes, truncated: answer.truncated }
  return { bytes: encode(head, { ...answer, truncated: true, answers: [], authorities: [] }), truncated: true }
}

function encode(head: QueryHead, answer: Answer): Buffer {
  const writer = new ByteWriter()
  const rcode = rcodes[answer.rcode]
  new Packet.Header({
    id: head.id,
    qr: 1,
    opcode: head.opcode,
    aa: answer.authoritative ? 1 : 0,
    tc: answer.truncated ? 1 : 0,
    rd: head.recursionDesired ? 1 : 0,
    ...{ cd: head.checkingDisabled ? 1 : 0 }, // RFC 4035 §3.2.2; not in dns2's types
    rcode: rcode & 0xf,
    qdcount: head.question ? 1 : 0,
    ancount: answer.answers.length,
    nscount: answer.authorities.length,
    arcount: head.edns ? 1 : 0,
  }).toBuffer(writer)
  if (head.question) {
    noteSuffixes(writer, head.question.name)
    writer.writeBytes(head.question.bytes)
  }
  for (const record of answer.answers) Packet.Resource.encode(resourceOf(record), writer)
  for (const record of answer.authorities) Packet.Resource.encode(resourceOf(record), writer)
  if (head.edns) Packet.Resource.encode(optOf(head.edns, rcode), writer)
  return writer.bytes()
}

/** Lets later names point at the question's (RFC 1035 §4.1.4); names with escapes are left alone. */
function noteSuffixes(writer: ByteWriter, name: string): void {
  if (name === '' || name.includes('\\')) return
  let offset = writer.byteLength()
  const labels = name.split('.')
  for (const [index, label] of labels.entries()) {
    writer.names.set(labels.slice(index).join('.'), offset)
    offset += label.length + 1
  }
}

type Resource = Parameters<typeof Packet.Resource.encode>[0]

function resourceOf(record: AnswerRecord): Resource {
  const { name, ttlS, data } = record
  const fields = { name, type: types[record.type], class: classIn, ttl: ttlS }
  switch (record.type) {
    case 'A':
    case 'AAAA':
      return new Packet.Resource({ ...fields, address: data })
    case 'CNAME':
      return new Packet.Resource({ ...fields, domain: data })
    case 'SOA': {
      const [primary = '', admin = '', ...numbers] = data.split(' ')
      const [serial = 0, refresh = 0, retry = 0, expiration = 0, minimum = 0] = numbers.map(Number)
      return new Packet.Resource({ ...fields, primary, admin, serial, refresh, retry, expiration, minimum })
    }
    case 'HINFO':
      // dns2 has no encoder for this type and writes `data` as it is: two character strings, the second one empty.
      return Object.assign(new Packet.Resource(fields), {
        data: Buffer.from(`${String.fromCharCode(data.length)}${data}\0`, 'latin1'),
      })
  }
}

/** The OPT record of an answer (RFC 6891 §6.1.3): our UDP size, the rcode's high bits, version 0, DO as asked (RFC 3225 §3). */
function optOf(edns: Edns, rcode: number): Resource {
  const ttl = ((rcode >> 4) << 24) | (edns.dnssecOk ? 0x8000 : 0)
  return Object.assign(new Packet.Resource({ name: '', type: types.OPT, class: udpSizeLimit, ttl }), { rdata: [] })
}
