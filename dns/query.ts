/**
 * Reads one message as a query, byte by byte and in linear time. dns2's own reader swallows what is malformed and splits
 * a label at a dot inside it, so the question is taken from the bytes, and its bytes go back unchanged in the answer.
 */
import { labelText } from './names.ts'
import { classIn, type Rcode, types } from './parameters.ts'

export interface Question {
  /** Lower case. */
  readonly name: string
  readonly type: number
  readonly class: number
  /** As sent: with the asker's upper and lower case (0x20). */
  readonly bytes: Buffer
}
/** What the OPT record says (RFC 6891 §6.1.2). */
export interface Edns {
  readonly udpSize: number
  readonly version: number
  readonly dnssecOk: boolean
}
/** What an answer repeats of the message that asked. */
export interface QueryHead {
  readonly id: number
  readonly opcode: number
  readonly recursionDesired: boolean
  readonly checkingDisabled: boolean
  readonly question?: Question
  readonly edns?: Edns
}
export interface Query extends QueryHead {
  readonly question: Question
}
export type Reading =
  | { readonly kind: 'query'; readonly query: Query }
  | { readonly kind: 'error'; readonly rcode: Rcode; readonly reason: string; readonly head: QueryHead }
  /** Gets no answer at all. */
  | { readonly kind: 'drop'; readonly reason: string }

const headerBytes = 12

/** Reads a message from the network. */
export function readQuery(message: Buffer): Reading {
  if (message.length < headerBytes) return { kind: 'drop', reason: `${message.length} bytes are less than a header` }
  const flags = message.readUInt16BE(2)
  if (flags & 0x8000) return { kind: 'drop', reason: 'a response, not a query' } // answering it could loop for ever
  const head: QueryHead = {
    id: message.readUInt16BE(0),
    opcode: (flags >> 11) & 0xf,
    recursionDesired: (flags & 0x0100) !== 0,
    checkingDisabled: (flags & 0x0010) !== 0,
  }
  const error = (rcode: Rcode, reason: string, more: Partial<QueryHead> = {}): Reading => ({
    kind: 'error',
    rcode,
    reason,
    head: { ...head, ...more },
  })
  if (head.opcode !== 0) return error('NOTIMP', `opcode ${head.opcode} is not QUERY`)
  const questions = message.readUInt16BE(4)
  if (questions !== 1) return error('FORMERR', `${questions} questions instead of one`)
  const question = readQuestion(message)
  if (!question) return error('FORMERR', 'the question is malformed')
  const edns = readEdns(message, headerBytes + question.bytes.length)
  if (edns === 'malformed') return error('FORMERR', 'a record after the question is malformed', { question })
  const found = edns ? { question, edns } : { question }
  if (edns && edns.version > 0) return error('BADVERS', `EDNS version ${edns.version} is not 0`, found)
  if (question.class !== classIn) return error('REFUSED', `class ${question.class} is not IN`, found)
  return { kind: 'query', query: { ...head, ...found } }
}

function readQuestion(message: Buffer): Question | undefined {
  const labels: string[] = []
  let at = headerBytes
  for (;;) {
    const length = message[at]
    // A pointer (two high bits set) could only point into the header or at itself.
    if (length === undefined || length > 63) return undefined
    if (length === 0) break
    if (at + 1 + length >= message.length || at + length - headerBytes > 253) return undefined
    labels.push(labelText(message.subarray(at + 1, at + 1 + length)))
    at += 1 + length
  }
  if (at + 5 > message.length) return undefined
  return {
    name: labels.join('.'),
    type: message.readUInt16BE(at + 1),
    class: message.readUInt16BE(at + 3),
    bytes: message.subarray(headerBytes, at + 5),
  }
}

/** Walks the records after the question; the OPT record is the only one that matters. */
function readEdns(message: Buffer, start: number): Edns | undefined | 'malformed' {
  const others = message.readUInt16BE(6) + message.readUInt16BE(8)
  const all = others + message.readUInt16BE(10)
  let edns: Edns | undefined
  let at = start
  for (let record = 0; record < all; record++) {
    const nameEnd = skipName(message, at)
    if (nameEnd === undefined || nameEnd + 10 > message.length) return 'malformed'
    const type = message.readUInt16BE(nameEnd)
    const next = nameEnd + 10 + message.readUInt16BE(nameEnd + 8)
    if (next > message.length) return 'malformed'
    if (type === types.OPT) {
      // RFC 6891 §6.1.1: one OPT at most, owned by the root, in the additional section.
      if (edns || nameEnd !== at + 1 || record < others) return 'malformed'
      edns = {
        udpSize: message.readUInt16BE(nameEnd + 2),
        version: message.readUInt8(nameEnd + 5),
        dnssecOk: (message.readUInt8(nameEnd + 6) & 0x80) !== 0,
      }
    }
    at = next
  }
  return edns
}

/** The offset after a name, without following pointers: linear whatever a message holds. */
function skipName(message: Buffer, start: number): number | undefined {
  let at = start
  for (;;) {
    const length = message[at]
    if (length === undefined) return undefined
    if (length === 0) return at + 1
    if (length >= 0xc0) return at + 2 <= message.length ? at + 2 : undefined
    if (length > 63) return undefined
    at += 1 + length
  }
}
