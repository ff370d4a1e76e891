/** Messages for tests: queries put together byte by byte, answers read with dns2's reader. */
import { Packet } from 'dns2'
import { types } from '../parameters.ts'

export interface QueryOptions {
  readonly id?: number
  readonly type?: number
  readonly class?: number
  /** The header's second 16 bits; RD alone if absent. */
  readonly flags?: number
  readonly questions?: number
  readonly edns?: { readonly udpSize?: number; readonly version?: number; readonly dnssecOk?: boolean }
}

/** A query for a name whose labels are plain. */
export function query(name: string, options: QueryOptions = {}): Buffer {
  return queryOfLabels(
    name.split('.').filter((label) => label !== ''),
    options,
  )
}

/** A query for a name given label by label: a label may hold dots. */
export function queryOfLabels(labels: readonly string[], options: QueryOptions = {}): Buffer {
  const header = Buffer.alloc(12)
  const { edns } = options
  const fields = [options.id ?? 0x1234, options.flags ?? 0x0100, options.questions ?? 1, 0, 0, edns ? 1 : 0]
  for (const [index, field] of fields.entries()) header.writeUInt16BE(field, index * 2)
  const name = labels.map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`, 'latin1'))
  const tail = Buffer.alloc(5)
  tail.writeUInt16BE(options.type ?? types.A, 1)
  tail.writeUInt16BE(options.class ?? 1, 3)
  return Buffer.concat([header, ...name, tail, ...(edns ? [opt(edns)] : [])])
}

function opt({ udpSize = 1232, version = 0, dnssecOk = false }: NonNullable<QueryOptions['edns']>): Buffer {
  const record = Buffer.alloc(11)
  record.writeUInt16BE(types.OPT, 1)
  record.writeUInt16BE(udpSize, 3)
  record.writeUInt8(version, 6)
  if (dnssecOk) record.writeUInt8(0x80, 7)
  return record
}

/** What a test looks at in an answer. */
export interface ReadAnswer {
  readonly id: number
  readonly rcode: number
  readonly authoritative: boolean
  readonly truncated: boolean
  readonly recursionDesired: boolean
  readonly recursionAvailable: boolean
  readonly addresses: readonly string[]
  /** `name type` of each record, by section. */
  readonly answers: readonly string[]
  readonly authorities: readonly string[]
  readonly opt: { readonly udpSize: number; readonly ttl: number } | undefined
  readonly bytes: Buffer
}

export function readAnswer(bytes: Buffer): ReadAnswer {
  const { header, answers, authorities, additionals } = Packet.parse(bytes)
  const flags = bytes.readUInt16BE(2)
  const found = additionals.find(({ type }) => type === types.OPT)
  const summary = ({ name, type }: { readonly name: string; readonly type: number }) => `${name} ${type}`
  return {
    id: header.id,
    rcode: header.rcode,
    authoritative: (flags & 0x0400) !== 0,
    truncated: (flags & 0x0200) !== 0,
    recursionDesired: (flags & 0x0100) !== 0,
    recursionAvailable: (flags & 0x0080) !== 0,
    addresses: answers.flatMap(({ address }) => address ?? []),
    answers: answers.map(summary),
    authorities: authorities.map(summary),
    opt: found && { udpSize: found.class, ttl: found.ttl },
    bytes,
  }
}

/** A message as TCP frames it. */
export function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return Buffer.concat([length, message])
}
