/** The timeline: the journal arranged by step and request. What every expectation, verdict and report reads. */
import type { Address, AttemptOutcome, ClientError, DnsAnswer, DnsFault, Micros, ServerFault } from '../../unit/protocol.ts'
import type { RunInfo } from '../journal/journal.ts'

export interface QuerySeen {
  readonly atUs: Micros
  readonly query: number
  readonly name: string
  readonly type: string
  readonly transport: 'udp' | 'tcp'
  readonly fault: DnsFault | 'delayed' | undefined
  readonly answer: DnsAnswer | undefined
}
export interface LookupSeen {
  readonly startedUs: Micros
  readonly endedUs: Micros | undefined
  readonly host: string
  readonly addresses: readonly Address[]
  readonly error: ClientError | undefined
}
export interface AttemptSeen {
  readonly startedUs: Micros
  readonly endedUs: Micros | undefined
  readonly address: Address
  readonly port: number
  /** `given_up` also where the request ended while the attempt was still open. */
  readonly outcome: AttemptOutcome
  readonly message: string | undefined
}
export interface UseSeen {
  readonly atUs: Micros
  readonly connection: number
  readonly reused: boolean
  readonly address: Address
  readonly localPort: number
  /** When the client saw the connection end, if the request was still under way. */
  readonly closedUs: Micros | undefined
}
/** A request as a web server saw it. */
export interface ServedSeen {
  readonly atUs: Micros
  readonly address: Address
  readonly process: number
  readonly peerPort: number
  readonly answeredUs: Micros | undefined
  readonly status: number | undefined
}
export interface RequestSeen {
  readonly request: number
  readonly startedUs: Micros
  readonly endedUs: Micros | undefined
  readonly lookups: readonly LookupSeen[]
  readonly queries: readonly QuerySeen[]
  readonly attempts: readonly AttemptSeen[]
  readonly uses: readonly UseSeen[]
  readonly served: readonly ServedSeen[]
  readonly headUs: Micros | undefined
  readonly status: number | undefined
  readonly body: string | undefined
  readonly error: ClientError | undefined
  /** What the client began by itself after the request had ended, such as a connection for the next one; part of no expectation. */
  readonly afterwards: { readonly lookups: readonly LookupSeen[]; readonly attempts: readonly AttemptSeen[] }
}
export interface ConnectionClosedSeen {
  readonly atUs: Micros
  readonly connection: number
  readonly address: Address
}
export interface FaultMetSeen {
  readonly atUs: Micros
  readonly address: Address
  readonly fault: ServerFault['kind']
}
export interface FaultSeen {
  readonly mechanism: string
  readonly evidence: readonly string[]
  readonly atUs: Micros
  /** Index of the step that lifted it, if one did. */
  readonly liftedBy: number | undefined
  /** What its rule counted, where the mechanism counts. */
  readonly counted: number | undefined
}
export interface StepSeen {
  /** Index in the scenario's steps. */
  readonly index: number
  readonly startedUs: Micros
  readonly endedUs: Micros | undefined
  readonly requests: readonly RequestSeen[]
  /** All queries received during the step. */
  readonly queries: readonly QuerySeen[]
  readonly fault: FaultSeen | undefined
  readonly closed: readonly ConnectionClosedSeen[]
  readonly faultsMet: readonly FaultMetSeen[]
}
export interface ClientSeen {
  readonly client: string
  readonly version: string
  readonly resolver: string
}
/** How a client that reports nothing itself is seen. */
export interface Observed {
  /** Why its packets are not seen; undefined if they are. */
  readonly unseen: { readonly reason: string; readonly remedy: string } | undefined
}
export interface Trouble {
  readonly code: string
  readonly message: string
  readonly remedy: string | undefined
}
export interface Timeline {
  readonly run: RunInfo
  readonly client: ClientSeen | undefined
  /** There where the client is observed from outside. */
  readonly observed: Observed | undefined
  readonly startedUs: Micros
  readonly endedUs: Micros | undefined
  readonly steps: readonly StepSeen[]
  readonly troubles: readonly Trouble[]
}
