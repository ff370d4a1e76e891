/**
 * From a message to its answer and its event. Messages repeat but for their id, so what a message comes to is prepared
 * once: the question read, the zone searched, each answer encoded. A repeated one costs a look-up and a copy.
 */
import { nowUs } from '../unit/clock.ts'
import { chooseAnswer } from './answer-policy.ts'
import { type Answer, type AnswerRecord, encodeAnswer, tcpSizeLimit, udpSizeOf } from './codec.ts'
import {
  answeredQueryLine,
  answerLine,
  answerPart,
  badMessageLine,
  faultPart,
  queryLine,
  queryPart,
  type Transport,
} from './events.ts'
import { faultEffects } from './faults.ts'
import { typeName } from './parameters.ts'
import { type Query, readQuery } from './query.ts'
import { type Resolution, startOfAuthority, type Zone } from './zone.ts'

/** Whoever sent a message. */
export interface Peer {
  readonly transport: Transport
  readonly port: number
  /** False if the answer could not be sent any more. */
  send(answer: Buffer): boolean
}

/** One answer, encoded: its event part, and its bytes with an id that is replaced. */
interface Encoded {
  readonly bytes: Buffer
  readonly part: string
}
/** What one message comes to, whatever its id. */
interface Prepared {
  readonly query: Query
  readonly resolution: Resolution
  readonly limit: number
  readonly cutShort: boolean
  readonly silent: boolean
  readonly queryPart: string
  readonly faultPart: string
  /** By the rank of the choice (see `chooseAnswer`), or the place in the script. */
  readonly encoded: Map<number, Encoded>
}

const mostPrepared = 1000
const mostEncoded = 2000
const longestPreparedBytes = 512
/** Answers held back at a time. */
const mostDelayed = 10_000

export class Responder {
  readonly #zone: Zone
  readonly #emitLine: (line: string) => void
  readonly #prepared = { udp: new Map<string, Prepared>(), tcp: new Map<string, Prepared>() }
  readonly #delayed = new Set<NodeJS.Timeout>()
  readonly #chosen: number[] = []
  #queries = 0
  #messages = 0

  constructor(zone: Zone, emitLine: (line: string) => void) {
    this.#zone = zone
    this.#emitLine = emitLine
  }

  /** Forgets what was prepared: call it when the zone has changed. */
  forget(): void {
    this.#prepared.udp.clear()
    this.#prepared.tcp.clear()
  }

  /** Cancels the answers that are still held back. */
  stop(): void {
    for (const timer of this.#delayed) clearTimeout(timer)
    this.#delayed.clear()
  }

  /** How many messages have come so far. */
  get messages(): number {
    return this.#messages
  }

  /** Answers one message and says when: now (also with no answer to an improper one), later, or never (a fault's silence). */
  receive(message: Buffer, peer: Peer): 'now' | 'later' | 'never' {
    const atUs = nowUs()
    this.#messages++
    const prepared = this.#prepare(message, peer, atUs)
    if (!prepared) return 'now'
    const query = ++this.#queries
    const { rrset, delayMs } = prepared.resolution
    if (rrset) rrset.queries++
    if (prepared.silent) {
      this.#emitLine(queryLine(atUs, query, prepared.queryPart, peer.port, prepared.faultPart))
      return 'never'
    }
    const encoded = this.#encode(prepared)
    const answer = Buffer.from(encoded.bytes)
    answer[0] = message[0] ?? 0
    answer[1] = message[1] ?? 0
    if (delayMs > 0) {
      this.#emitLine(queryLine(atUs, query, prepared.queryPart, peer.port, prepared.faultPart))
      if (this.#delayed.size >= mostDelayed) return 'never' // a flood may not eat the memory
      this.#sendLater(atUs + delayMs * 1000, () => {
        const sentUs = nowUs()
        if (peer.send(answer)) this.#emitLine(answerLine(sentUs, query, encoded.part))
      })
      return 'later'
    }
    const sentUs = nowUs() // before: whoever gets it may run first
    const line = peer.send(answer)
      ? answeredQueryLine(atUs, query, prepared.queryPart, peer.port, sentUs, encoded.part, prepared.faultPart)
      : queryLine(atUs, query, prepared.queryPart, peer.port, prepared.faultPart)
    this.#emitLine(line)
    return 'now'
  }

  /** Records a message that is not even read. */
  reject(reason: string, peerPort: number): void {
    this.#emitLine(badMessageLine(nowUs(), reason, undefined, peerPort))
  }

  #prepare(message: Buffer, peer: Peer, atUs: number): Prepared | undefined {
    const cache = this.#prepared[peer.transport]
    const key = message.length <= longestPreparedBytes ? message.toString('latin1', 2) : undefined
    const found = key === undefined ? undefined : cache.get(key)
    if (found) return found
    const reading = readQuery(message)
    if (reading.kind !== 'query') {
      const rcode = reading.kind === 'error' ? reading.rcode : undefined
      if (reading.kind === 'error') {
        const answer: Answer = { rcode: reading.rcode, authoritative: false, truncated: false, answers: [], authorities: [] }
        peer.send(encodeAnswer(reading.head, answer, tcpSizeLimit).bytes)
      }
      this.#emitLine(badMessageLine(atUs, reading.reason, rcode, peer.port))
      return undefined
    }
    const prepared = this.#prepareQuery(reading.query, peer.transport)
    if (key !== undefined) {
      if (cache.size >= mostPrepared) cache.clear()
      cache.set(key, prepared)
    }
    return prepared
  }

  #prepareQuery(read: Query, transport: Transport): Prepared {
    const query = { ...read, question: { ...read.question, bytes: Buffer.from(read.question.bytes) } }
    const resolution = this.#zone.resolve(query.question.name, query.question.type)
    const effect = resolution.fault && faultEffects[resolution.fault].kind
    const cutShort = effect === 'truncation' && transport === 'udp'
    const met = effect === 'truncation' && !cutShort ? undefined : resolution.fault
    return {
      query,
      resolution,
      limit: transport === 'udp' ? udpSizeOf(query.edns) : tcpSizeLimit,
      cutShort,
      silent: effect === 'silence',
      queryPart: queryPart(query.question.name, typeName(query.question.type), transport),
      faultPart: faultPart(met ?? (resolution.delayMs > 0 ? 'delayed' : undefined)),
      encoded: new Map(),
    }
  }

  /** The answer to this one query: drawn anew, encoded once. */
  #encode(prepared: Prepared): Encoded {
    const { resolution, encoded, cutShort } = prepared
    const { rrset } = resolution
    if (!rrset || resolution.withheld || cutShort) return this.#remember(prepared, 0, resolution.fixed)
    const place = Math.min(rrset.position++, rrset.answers.length - 1)
    const addresses = rrset.answers[place] ?? []
    const { order, atMost, stream, queries } = rrset
    const choice = { order, atMost, stream, count: addresses.length, queryNumber: queries, position: rrset.position - 1 }
    const rank = chooseAnswer(choice, this.#chosen)
    const key = rrset.answers.length > 1 ? place : rank // a script's answers are never drawn
    const known = encoded.get(key)
    if (known) return known
    const { name, type, ttlS } = rrset
    const drawn = this.#chosen.map((index): AnswerRecord => ({ name, type, ttlS, data: addresses[index] ?? '' }))
    return this.#remember(prepared, key, [...resolution.fixed, ...drawn])
  }

  #remember(prepared: Prepared, key: number, records: readonly AnswerRecord[]): Encoded {
    const { encoded } = prepared
    const known = encoded.get(key)
    if (known) return known
    const fresh = encodeRecords(prepared, records)
    if (Number.isNaN(key)) return fresh
    if (encoded.size >= mostEncoded) encoded.clear()
    encoded.set(key, fresh)
    return fresh
  }

  /** Node's timers may fire a little early; an answer may not. */
  #sendLater(dueUs: number, send: () => void): void {
    const leftMs = Math.ceil((dueUs - nowUs()) / 1000)
    const timer = setTimeout(() => {
      this.#delayed.delete(timer)
      if (nowUs() < dueUs) this.#sendLater(dueUs, send)
      else send()
    }, leftMs)
    this.#delayed.add(timer)
  }
}

function encodeRecords(prepared: Prepared, records: readonly AnswerRecord[]): Encoded {
  const { resolution, query, limit, cutShort } = prepared
  const { rcode, authoritative } = resolution
  const asked = typeName(query.question.type)
  // RFC 2308 §2: a negative answer carries the SOA record, whatever CNAMEs lead to it.
  const negative = authoritative && !records.some(({ type }) => type === asked || type !== 'CNAME')
  const answer: Answer = {
    rcode,
    authoritative,
    truncated: cutShort,
    answers: cutShort ? [] : records,
    authorities: negative && !cutShort ? [startOfAuthority] : [],
  }
  const { bytes, truncated } = encodeAnswer(query, answer, limit)
  return { bytes, part: answerPart(rcode, records, truncated, bytes.length) }
}
