/** What the client has said about its connections. */
import type { Address } from '../../unit/protocol.ts'
import { LabError } from '../errors.ts'
import type { Journal } from '../journal/journal.ts'
import type { Recorder } from '../journal/recorder.ts'

/** `all` connections to the address, or only those the server itself has closed. */
export type WhichConnections = 'all' | 'closed-by-server'

const deadlineMs = 10_000

/** Settles when the client has reported the connections closed: closing is seen late, and a request sent before meets a dying connection. */
export async function untilClientClosed(
  address: Address,
  which: WhichConnections,
  recorder: Recorder,
  signal: AbortSignal,
): Promise<void> {
  await recorder.until(
    (journal) => openConnections(journal, address, which).length === 0,
    {
      ms: deadlineMs,
      error: () =>
        new LabError(
          'NOT_IN_FORCE',
          `The client has not reported its connection to ${address} closed within ${deadlineMs / 1000} s, so the next request would be a race.`,
          { remedy: 'write `at_once: true` in that step to ask for the race' },
        ),
    },
    signal,
  )
}

function openConnections(journal: Journal, address: Address, which: WhichConnections): number[] {
  const open = new Map<number, number>()
  const closedByServer = new Set<number>()
  for (const entry of journal) {
    if (entry.event === 'connection-used' && entry.address === address) open.set(entry.connection, entry.localPort)
    else if (entry.event === 'connection-closed') open.delete(entry.connection)
    else if (entry.event === 'server-closed' && entry.address === address) closedByServer.add(entry.peerPort)
    else if (entry.event === 'accepted' && entry.address === address) closedByServer.delete(entry.peerPort)
  }
  return [...open].filter(([, localPort]) => which === 'all' || closedByServer.has(localPort)).map(([connection]) => connection)
}
