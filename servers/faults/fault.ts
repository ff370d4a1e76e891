/**
 * What a fault is to a web server: something put in force, asked at each connection and each request, and ended. One
 * file for each kind, one table (table.ts) for all.
 */
import type { ServerFault } from '../../unit/protocol.ts'
import type { Exchange } from '../app.ts'
import type { Connection, Report } from '../connection.ts'
import type { Listener } from '../listener.ts'

/** The server that a fault acts on. */
export interface FaultyServer {
  readonly listener: Listener
  readonly report: Report
  /** The next number of the server's seeded generator, 0 ≤ x < 1. */
  draw(): number
}

/** A fault in force. */
export interface FaultInForce {
  /** What was looked at to say that it is in force. */
  readonly detail: string
  /** The fault as it now stands (`times` counts down), for a process that takes over; undefined: it ended by itself. */
  remaining(): ServerFault | undefined
  /** True: the listening socket is closed, and is opened again when the fault ends. */
  readonly closesListener?: boolean
  /** A connection was accepted; true when the fault has ended it. */
  meetConnection?(connection: Connection): boolean
  /** A request is about to be answered; `cut` when no answer is to be sent. */
  meetExchange?(exchange: Exchange): Promise<'cut' | undefined> | 'cut' | undefined
  /** Takes it out and frees what it holds. Safe twice. */
  end(): Promise<void> | void
}

export type FaultOf<K extends ServerFault['kind']> = Extract<ServerFault, { kind: K }>
/** Puts a fault in force; throws with the reason when it cannot. */
export type PutInForce<K extends ServerFault['kind']> = (
  fault: FaultOf<K>,
  server: FaultyServer,
) => Promise<FaultInForce> | FaultInForce
