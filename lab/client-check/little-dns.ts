/** The DNS server of `client-check`: answers A and AAAA over UDP from a fixed zone; any other name does not exist. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'

export type LittleZone = Readonly<Record<string, readonly string[]>>

export interface LittleDns extends AsyncDisposable {
  readonly address: string
  readonly port: number
  /** Names that were asked for, and which types of each. */
  readonly asked: ReadonlyMap<string, ReadonlySet<'A' | 'AAAA'>>
}

/** Listens on 127.0.0.1; port 0 takes a free one. */
export async function startLittleDns(zone: LittleZone, port: number): Promise<LittleDns> {
  const socket = createSocket('udp4')
  const asked = new Map<string, Set<'A' | 'AAAA'>>()
  socket.on('error', () => {}) // a peer that went away; a bind error reaches `once`
  socket.on('message', (query, peer) => {
    const answer = answerTo(query, zone, asked)
    if (answer) socket.send(answer, peer.port, peer.address)
  })
  socket.bind(port, '127.0.0.1')
  await once(socket, 'listening')
  return {
    address: '127.0.0.1',
    port: socket.address().port,
    asked,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  }
}

function answerTo(query: Buffer, zone: LittleZone, asked: Map<string, Set<'A' | 'AAAA'>>): Buffer | undefined {
  const labels: string[] = []
  let at = 12 // RFC 1035 §4.1.1: the header; then the name's labels up to an empty one, type and class
  for (let length = query[at]; length; length = query[at]) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  if (at + 5 > query.length) return undefined
  const name = labels.join('.').toLowerCase()
  const type = query.readUInt16BE(at + 1)
  asked.set(name, (asked.get(name) ?? new Set()).add(type === 28 ? 'AAAA' : 'A'))
  const known = Object.hasOwn(zone, name) ? zone[name] : undefined
  const addresses = (known ?? []).filter((address) => type === (isIPv6(address) ? 28 : 1))
  const head = Buffer.from(query.subarray(0, at + 5))
  head.writeUInt16BE(0x8400 | (query.readUInt16BE(2) & 0x0100) | (known ? 0 : 3), 2) // QR, AA, RD copied, RCODE
  head.writeUInt16BE(addresses.length, 6)
  head.writeUInt32BE(0, 8)
  return Buffer.concat([head, ...addresses.map((address) => record(address, type))])
}

/** One RR whose name points at the question's. Of IPv6 only ::1 is needed. */
function record(address: string, type: number): Buffer {
  const data = isIPv6(address) ? Buffer.from([...Array<number>(15).fill(0), 1]) : Buffer.from(address.split('.').map(Number))
  return Buffer.concat([Buffer.from([0xc0, 0x0c, 0, type, 0, 1, 0, 0, 0, 1, 0, data.length]), data])
}
