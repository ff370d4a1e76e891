/**
 * From the packets of one request to its attempts and connections. Seen from outside, an attempt is the first SYN of a
 * port (more are retransmissions), and what came back says how it ended; a client that stops waiting sends nothing, so
 * an attempt that no answer ended stays open. Pure.
 */
import type { Address, ClientEvent, Micros } from '../../unit/protocol.ts'
import type { Packet, TcpPacket } from './packets.ts'

export interface ConnectionSeen {
  readonly address: Address
  readonly port: number
  readonly localPort: number
  readonly startedUs: Micros
  /** When SYN-ACK or RST came. */
  answeredUs: Micros | undefined
  outcome: 'connected' | 'refused' | 'given_up'
  /** When the first bytes of a request went out. */
  usedUs: Micros | undefined
  /** The server has sent bytes. */
  gotBytes: boolean
  /** Who closed it first, and how. */
  closed: { readonly atUs: Micros; readonly by: 'client' | 'server'; readonly how: 'fin' | 'reset' } | undefined
}

/** What became of each TCP connect to the servers' port, in the order they began. */
export function connectionsOf(packets: readonly Packet[]): ConnectionSeen[] {
  const byPair = new Map<string, ConnectionSeen>()
  const all: ConnectionSeen[] = []
  for (const packet of packets) {
    if (packet.kind !== 'tcp') continue
    const key = pair(packet)
    const known = byPair.get(key)
    if (packet.syn && !packet.ack) {
      if (known?.answeredUs === undefined && known) continue // sent again
      const started = begin(packet)
      byPair.set(key, started)
      all.push(started)
    } else if (known) follow(known, packet, packet.to.port === known.port)
  }
  return all
}

/** The same for both directions; a lab's client and server never use the same port on the same address. */
const pair = ({ from, to }: TcpPacket): string => [`${from.address} ${from.port}`, `${to.address} ${to.port}`].sort().join(' ')

function begin({ atUs, from, to }: TcpPacket): ConnectionSeen {
  return {
    address: to.address,
    port: to.port,
    localPort: from.port,
    startedUs: atUs,
    answeredUs: undefined,
    outcome: 'given_up',
    usedUs: undefined,
    gotBytes: false,
    closed: undefined,
  }
}

function follow(seen: ConnectionSeen, packet: TcpPacket, fromClient: boolean): void {
  const { atUs, rst, fin, length } = packet
  if (!fromClient) {
    if (seen.answeredUs === undefined) {
      seen.answeredUs = atUs
      if (rst) seen.outcome = 'refused'
      return
    }
    if (length > 0) seen.gotBytes = true
  } else if (!rst && seen.answeredUs !== undefined) {
    seen.outcome = 'connected' // a SYN-ACK that comes too late is answered by RST instead
    if (length > 0) seen.usedUs ??= atUs
  }
  if ((rst || fin) && seen.outcome === 'connected')
    seen.closed ??= { atUs, by: fromClient ? 'client' : 'server', how: rst ? 'reset' : 'fin' }
}

/** Numbers attempts and connections over the life of the unit. */
export class ConnectionNumbers {
  attempts = 0
  connections = 0
}

/** The events of a request's connections in the order of time; by `endedUs` the program is gone, and its sockets with it. */
export function eventsOf(
  request: number,
  connections: readonly ConnectionSeen[],
  endedUs: Micros,
  numbers: ConnectionNumbers,
): ClientEvent[] {
  const events: ClientEvent[] = []
  const inTime = (atUs: Micros) => Math.min(atUs, endedUs)
  for (const { address, port, startedUs, answeredUs, outcome } of connections) {
    const attempt = ++numbers.attempts
    events.push({ event: 'attempt-started', atUs: inTime(startedUs), request, attempt, address, port })
    if (outcome !== 'given_up' && answeredUs !== undefined)
      events.push({ event: 'attempt-ended', atUs: inTime(answeredUs), attempt, outcome })
  }
  const used = connections.filter((seen): seen is ConnectionSeen & { usedUs: Micros } => seen.usedUs !== undefined)
  for (const { address, port, localPort, usedUs, closed } of used.sort((a, b) => a.usedUs - b.usedUs)) {
    const connection = ++numbers.connections
    events.push({ event: 'connection-used', atUs: inTime(usedUs), request, connection, reused: false, address, port, localPort })
    events.push({ event: 'connection-closed', atUs: inTime(closed?.atUs ?? endedUs), connection })
  }
  return events.sort((a, b) => a.atUs - b.atUs)
}
