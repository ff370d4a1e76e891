/**
 * The unit protocol: what crosses between the lab and its units (DNS server, web servers, clients).
 *
 * A unit is a process. It reads commands on standard input and writes events on standard output, one JSON object a
 * line. `atUs` is wall-clock time in microseconds since 1970: units share one machine, hence one clock. A unit whose
 * standard input closes ends itself. Standard error is free text, kept for the report of a unit that failed.
 */

/** Wall-clock time, microseconds since 1970-01-01. */
export type Micros = number
/** A literal loopback address, `127.0.0.1` or `::1`, never a name. */
export type Address = string

// ---------------------------------------------------------------- DNS server

export type RecordType = 'A' | 'AAAA'
export type AnswerOrder = 'as_written' | 'shuffled' | 'rotated'
/** What the DNS server does wrong on purpose. Rcodes by their RFC 1035 names; `truncated` sets TC over UDP and serves TCP. */
export type DnsFault = 'silent' | 'truncated' | 'formerr' | 'servfail' | 'nxdomain' | 'notimp' | 'refused' | 'nodata'

/** One RRset: its addresses, or a script of answers (the last one stays), with a fault or a delay of its own. */
export interface RRsetData {
  readonly addresses?: readonly Address[] | undefined
  readonly sequence?: readonly (readonly Address[])[] | undefined
  readonly fault?: DnsFault | undefined
  readonly delayMs?: number | undefined
}
/** One owner name of the zone. `fault` and `delayMs` here hold for every type that has none of its own. */
export interface NameData {
  readonly A?: RRsetData | undefined
  readonly AAAA?: RRsetData | undefined
  readonly CNAME?: string | undefined
  readonly ttlS?: number | undefined
  readonly order?: AnswerOrder | undefined
  readonly atMost?: number | undefined
  readonly fault?: DnsFault | undefined
  readonly delayMs?: number | undefined
}
/** Owner names, lower case, without the final dot. */
export type ZoneData = Readonly<Record<string, NameData>>

export type DnsCommand =
  | {
      readonly command: 'listen'
      readonly address: Address
      readonly port: number
      readonly zone: ZoneData
      readonly seed: number
    }
  /** Replaces the names given; the others stay. Acknowledged by `applied`. */
  | { readonly command: 'zone'; readonly id: number; readonly zone: ZoneData }
  | { readonly command: 'flush'; readonly id: number }

export interface DnsRecord {
  readonly name: string
  readonly type: string
  readonly ttlS: number
  readonly data: string
}
export interface DnsAnswer {
  readonly atUs: Micros
  /** `NOERROR`, `NXDOMAIN`, `SERVFAIL`, … (IANA's names). */
  readonly rcode: string
  readonly records: readonly DnsRecord[]
  readonly truncated: boolean
  readonly bytes: number
}
export type DnsEvent =
  | { readonly event: 'listening'; readonly atUs: Micros; readonly address: Address; readonly port: number }
  | {
      readonly event: 'query'
      readonly atUs: Micros
      /** Number of the query in this server, from 1. */
      readonly query: number
      readonly name: string
      readonly type: string
      readonly transport: 'udp' | 'tcp'
      readonly peerPort: number
      /** There when the answer went out at once; a delayed one follows as `answer`. */
      readonly answer?: DnsAnswer
      /** The fault this query met. */
      readonly fault?: DnsFault | 'delayed'
    }
  | { readonly event: 'answer'; readonly atUs: Micros; readonly query: number; readonly answer: DnsAnswer }
  /** A message that got no answer or an error because it is no proper query. */
  | {
      readonly event: 'bad-message'
      readonly atUs: Micros
      readonly reason: string
      readonly rcode?: string
      readonly peerPort: number
    }

// ---------------------------------------------------------------- web server

/** What a web server does wrong on purpose; one of each kind can be in force on an address. */
export type ServerFault =
  /** Every response is held back. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** Answers with `status`, for a `rate` (0..1) of requests, drawn by seed; `retryAfterS` adds the header. */
  | { readonly kind: 'status'; readonly status: number; readonly rate: number; readonly retryAfterS?: number | undefined }
  /** RST (SO_LINGER 0): as soon as accepted, after the request before any byte of the response, or within the body. */
  | {
      readonly kind: 'reset'
      readonly when: 'accept' | 'before_head' | 'mid_body'
      /** `reused`: only connections that have answered a request before. */
      readonly on: 'any' | 'reused'
      /** How often; then the fault has ended by itself. */
      readonly times?: number | undefined
    }
  /** The listening socket is closed; open connections stay. New ones get RST: connection refused. */
  | { readonly kind: 'refuse' }
  /** The listening socket's accept queue is full: Linux drops each SYN. Open connections stay. */
  | { readonly kind: 'blackhole' }

export type ServerCommand =
  | {
      readonly command: 'listen'
      readonly address: Address
      readonly port: number
      readonly seed: number
      /** Idle keep-alive time before the server closes a connection, ms; 0 = never. Node's own default is 5 s, Go's: none. */
      readonly idleTimeoutMs: number
    }
  | { readonly command: 'inject'; readonly id: number; readonly address: Address; readonly fault: ServerFault }
  | { readonly command: 'lift'; readonly id: number; readonly address: Address; readonly kind: ServerFault['kind'] }
  /** Stops listening and closes every connection with FIN. */
  | { readonly command: 'stop'; readonly id: number; readonly address: Address }
  /** Listens again after `stop`. */
  | { readonly command: 'start'; readonly id: number; readonly address: Address }
  /** Closes (FIN) the connections that have no request under way. */
  | { readonly command: 'close-idle'; readonly id: number; readonly address: Address }
  /** A new process takes the listening socket; the old one keeps its open connections (a supervised server only). */
  | { readonly command: 'hot-restart'; readonly id: number; readonly address: Address }
  /** The old process of a hot restart closes what it still has and ends. */
  | { readonly command: 'drain'; readonly id: number; readonly address: Address }
  | { readonly command: 'flush'; readonly id: number }

export type ServerEvent =
  /** `process` is 1, and one more with each hot restart of the address; `pid` as the server's own system sees it. */
  | {
      readonly event: 'listening'
      readonly atUs: Micros
      readonly address: Address
      readonly port: number
      readonly process: number
      readonly pid: number
    }
  | {
      readonly event: 'listen-failed'
      readonly atUs: Micros
      readonly address: Address
      readonly port: number
      readonly code: string
    }
  | {
      readonly event: 'accepted'
      readonly atUs: Micros
      readonly address: Address
      readonly process: number
      readonly peerPort: number
    }
  | {
      readonly event: 'request-received'
      readonly atUs: Micros
      readonly address: Address
      readonly process: number
      readonly peerPort: number
      readonly method: string
      readonly host: string
      readonly path: string
    }
  | {
      readonly event: 'response-sent'
      readonly atUs: Micros
      readonly address: Address
      readonly process: number
      readonly peerPort: number
      readonly status: number
    }
  | {
      readonly event: 'server-closed'
      readonly atUs: Micros
      readonly address: Address
      readonly process: number
      readonly peerPort: number
      readonly how: 'fin' | 'reset'
    }
  /** A connection or request met the fault. */
  | {
      readonly event: 'fault-met'
      readonly atUs: Micros
      readonly address: Address
      readonly process: number
      readonly peerPort: number
      readonly fault: ServerFault['kind']
    }

// ---------------------------------------------------------------- client

export type AttemptOutcome = 'connected' | 'refused' | 'reset' | 'unreachable' | 'timed_out' | 'given_up' | 'failed'
export type ErrorKind =
  | 'connection-refused'
  | 'connect-timeout'
  | 'reset'
  | 'unreachable'
  | 'name-not-found'
  | 'dns-failure'
  | 'dns-timeout'
  | 'response-timeout'
  | 'body-incomplete'
  /** The server closed (FIN) where the head of the response should be. */
  | 'closed'
  | 'other'
export interface ClientError {
  readonly kind: ErrorKind
  /** The client's own words. */
  readonly message: string
  /** The client's own code, such as `ECONNREFUSED`, where it has one. */
  readonly code?: string | undefined
}

export type ClientCommand =
  /** The first command. `settings` are the client's own (see its README); `dnsServer` is where its resolver must ask. */
  | {
      readonly command: 'start'
      readonly settings: Readonly<Record<string, string | number | boolean>>
      readonly dnsServer: {
        readonly address: Address
        readonly port: number
      } /** What the scenario asks of the resolver; resolv.conf holds it too where the lab owns that. */
      readonly resolver?: { readonly timeoutS?: number | undefined; readonly attempts?: number | undefined }
    }
  | {
      readonly command: 'request'
      /** From 1, one more each time. The client sends them in the order they come, one at a time. */
      readonly request: number
      readonly url: string
      readonly method: string
      /** Limit on the whole request, ms. */
      readonly timeoutMs: number
      /** On a connection of its own, closed afterwards; pooled connections stay untouched. */
      readonly fresh: boolean
    }

export type ClientEvent =
  /** Answers `start`. `resolver`: the one that really runs (`go`, `cgo`, `getaddrinfo`, `c-ares`, …). */
  | {
      readonly event: 'ready'
      readonly atUs: Micros
      readonly client: string
      readonly version: string
      readonly resolver: string
    }
  /** Answers `start` when a setting is unknown or cannot be had here, or ends a request that would leave this machine; the client then ends. */
  | { readonly event: 'unable'; readonly atUs: Micros; readonly reason: string; readonly remedy?: string | undefined }
  | { readonly event: 'request-started'; readonly atUs: Micros; readonly request: number }
  | { readonly event: 'lookup-started'; readonly atUs: Micros; readonly request: number; readonly host: string }
  /** `addresses` as the resolver gave them to the client, in that order. */
  | {
      readonly event: 'lookup-ended'
      readonly atUs: Micros
      readonly request: number
      readonly host: string
      readonly addresses: readonly Address[]
      readonly error?: ClientError | undefined
    }
  | {
      readonly event: 'attempt-started'
      readonly atUs: Micros
      readonly request: number
      readonly attempt: number
      readonly address: Address
      readonly port: number
    }
  | {
      readonly event: 'attempt-ended'
      readonly atUs: Micros
      readonly attempt: number
      readonly outcome: AttemptOutcome
      readonly message?: string | undefined
    }
  /** The request goes out on this connection; once more for each time the client repeats it on its own. */
  | {
      readonly event: 'connection-used'
      readonly atUs: Micros
      readonly request: number
      readonly connection: number
      readonly reused: boolean
      readonly address: Address
      readonly port: number
      readonly localPort: number
    }
  | { readonly event: 'head-received'; readonly atUs: Micros; readonly request: number; readonly status: number }
  /** The last event of a request. An attempt still open now was given up or is kept in the background. */
  | {
      readonly event: 'request-ended'
      readonly atUs: Micros
      readonly request: number
      readonly status?: number | undefined
      readonly body?: string | undefined
      readonly error?: ClientError | undefined
    }
  /** The client has closed, or has seen closed, its side of a connection. */
  | { readonly event: 'connection-closed'; readonly atUs: Micros; readonly connection: number }

// ---------------------------------------------------------------- all

/** Acknowledges the command with that id: it is carried out, and `detail` says what was looked at. */
export interface AppliedEvent {
  readonly event: 'applied'
  readonly atUs: Micros
  readonly id: number
  readonly detail: string
}
/** The command with that id could not be carried out. */
export interface FailedEvent {
  readonly event: 'failed'
  readonly atUs: Micros
  readonly id: number
  readonly reason: string
}
/** Answers `flush`: every event before it has been written. */
export interface FlushedEvent {
  readonly event: 'flushed'
  readonly atUs: Micros
  readonly id: number
}
export type UnitCommand = DnsCommand | ServerCommand | ClientCommand
export type UnitEvent = DnsEvent | ServerEvent | ClientEvent | AppliedEvent | FailedEvent | FlushedEvent
