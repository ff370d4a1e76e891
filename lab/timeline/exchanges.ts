/**
 * Which web server had each request: from the order of events on each connection, not from clocks. HTTP/1.1 carries one
 * request after the other, so the n-th use of a connection by the client is the n-th request that the server received
 * on it, and its n-th response the answer. Only the last one on a connection can be missing on the server's side.
 */
import type { Address, Micros } from '../../unit/protocol.ts'
import type { Journal, JournalEntry } from '../journal/journal.ts'
import type { ServedSeen } from './timeline.ts'

type Of<Kind extends JournalEntry['event']> = Extract<JournalEntry, { event: Kind }>

/** A connection as a web server saw it. */
interface ServerConnection {
  readonly acceptedUs: Micros
  readonly exchanges: ServedSeen[]
}

export interface Exchanges {
  /** What the servers did with this use of a connection; undefined if the request never reached one. */
  servedFor(use: Of<'connection-used'>): ServedSeen | undefined
  /** All of them, by the time they were received: for clients that do not say which connection they used. */
  readonly all: readonly ServedSeen[]
}

/** `journal` as it was recorded: each unit's own events are in its own order there. */
export function exchangesOf(journal: Journal): Exchanges {
  const connections = serverConnections(journal)
  const uses = new Map<number, Of<'connection-used'>[]>()
  for (const entry of journal) {
    if (entry.event !== 'connection-used') continue
    const before = uses.get(entry.connection)
    if (before) before.push(entry)
    else uses.set(entry.connection, [entry])
  }
  const served = new Map<JournalEntry, ServedSeen>()
  for (const ofConnection of uses.values()) {
    const [first] = ofConnection
    if (!first) continue
    const nearest = nearestTo(first.atUs, connections.get(keyOf(first.address, first.localPort)) ?? [])
    for (const [n, use] of ofConnection.entries()) {
      const exchange = nearest?.exchanges[n]
      if (exchange) served.set(use, exchange)
    }
  }
  const all = [...connections.values()].flat().flatMap(({ exchanges }) => exchanges)
  return { servedFor: (use) => served.get(use), all: all.sort((a, b) => a.atUs - b.atUs) }
}

const keyOf = (address: Address, clientPort: number): string => `${address} ${clientPort}`

/** By address and client port; a port that was used again gives a second connection. */
function serverConnections(journal: Journal): Map<string, ServerConnection[]> {
  const connections = new Map<string, ServerConnection[]>()
  const open = ({ address, peerPort, atUs }: { address: Address; peerPort: number; atUs: Micros }): ServerConnection => {
    const connection = { acceptedUs: atUs, exchanges: [] }
    const key = keyOf(address, peerPort)
    connections.set(key, [...(connections.get(key) ?? []), connection])
    return connection
  }
  for (const entry of journal) {
    if (entry.event === 'accepted') open(entry)
    else if (entry.event === 'request-received') {
      const { atUs, address, process, peerPort } = entry
      const connection = connections.get(keyOf(address, peerPort))?.at(-1) ?? open(entry)
      connection.exchanges.push({ atUs, address, process, peerPort, answeredUs: undefined, status: undefined })
    } else if (entry.event === 'response-sent') {
      const exchanges = connections.get(keyOf(entry.address, entry.peerPort))?.at(-1)?.exchanges ?? []
      const unanswered = exchanges.findIndex((exchange) => exchange.answeredUs === undefined)
      const exchange = exchanges[unanswered]
      if (exchange) exchanges[unanswered] = { ...exchange, answeredUs: entry.atUs, status: entry.status }
    }
  }
  return connections
}

function nearestTo(atUs: Micros, connections: readonly ServerConnection[]): ServerConnection | undefined {
  const distance = (connection: ServerConnection) => Math.abs(connection.acceptedUs - atUs)
  return [...connections].sort((a, b) => distance(a) - distance(b))[0]
}
