/** Lines of `tcpdump -nn -tt`, read as packets; whatever is of no use here is undefined. */
import type { Address, Micros } from '../../unit/protocol.ts'

export interface TcpPacket {
  readonly kind: 'tcp'
  readonly atUs: Micros
  readonly from: Endpoint
  readonly to: Endpoint
  readonly syn: boolean
  readonly ack: boolean
  readonly fin: boolean
  readonly rst: boolean
  /** Bytes of data. */
  readonly length: number
}
export interface DnsQueryPacket {
  readonly kind: 'dns-query'
  readonly atUs: Micros
  readonly id: string
}
export interface DnsAnswerPacket {
  readonly kind: 'dns-answer'
  readonly atUs: Micros
  readonly id: string
  /** As tcpdump writes it: `NXDomain`, `ServFail`, …; `NoError` where it writes none. */
  readonly rcode: string
  readonly addresses: number
  readonly truncated: boolean
}
/** A datagram to the marker's port: its length tells which one it is. */
export interface MarkerPacket {
  readonly kind: 'marker'
  readonly length: number
}
export type Packet = TcpPacket | DnsQueryPacket | DnsAnswerPacket | MarkerPacket

export interface Endpoint {
  readonly address: Address
  readonly port: number
}

/** UDP's discard port (RFC 863): nobody else sends to it in a lab. */
export const markerPort = 9
const dnsPort = 53

export function parsePacket(line: string): Packet | undefined {
  const [, seconds, micros, from = '', to = '', rest = ''] = /^(\d+)\.(\d{6}) IP6? (\S+) > (\S+): (.*)$/.exec(line) ?? []
  if (seconds === undefined) return undefined
  const atUs = Number(seconds) * 1_000_000 + Number(micros)
  const source = endpoint(from)
  const target = endpoint(to)
  const tcp = /^Flags \[([A-Z.a-z]*)\],.* length (\d+)/.exec(rest)
  if (tcp) {
    const [, flags = '', length] = tcp
    const has = (flag: string) => flags.includes(flag)
    return {
      kind: 'tcp',
      atUs,
      from: source,
      to: target,
      syn: has('S'),
      ack: has('.'),
      fin: has('F'),
      rst: has('R'),
      length: Number(length),
    }
  }
  if (target.port === markerPort) return { kind: 'marker', length: Number(/length (\d+)/.exec(rest)?.[1] ?? -1) }
  if (target.port === dnsPort) {
    const id = /^(\d+)/.exec(rest)?.[1]
    return id === undefined ? undefined : { kind: 'dns-query', atUs, id }
  }
  return source.port === dnsPort ? parseAnswer(atUs, rest) : undefined
}

/** `4660 NXDomain*- 0/1/0 (80)`: a star for an authoritative answer, a bar for a truncated one. */
function parseAnswer(atUs: Micros, text: string): DnsAnswerPacket | undefined {
  const [, id, rcode = 'NoError', marks = '', records = ''] = /^(\d+) ?([A-Za-z]+)?([^\s\w]*) (.*)$/.exec(text) ?? []
  if (id === undefined) return undefined
  const addresses = records.match(/\bA(?:AAA)? [\da-f:.]+/g)?.length ?? 0
  return { kind: 'dns-answer', atUs, id, rcode, addresses, truncated: marks.includes('|') }
}

/** `127.0.0.1.1323`, `::1.1323`: the port follows the last dot. */
function endpoint(text: string): Endpoint {
  const dot = text.lastIndexOf('.')
  return { address: text.slice(0, dot), port: Number(text.slice(dot + 1)) }
}
