/**
 * The seam: where the processes of a lab live. A runtime starts units and produces network faults; nothing else of the
 * lab knows how. A unit is lines over a duplex channel, plus signals; nothing else crosses.
 */
import type { Address, Micros } from '../../unit/protocol.ts'
import type { LabError } from '../errors.ts'

export type RuntimeKind = 'loopback' | 'netns' | 'docker'

/** What a lab can do. Scenarios and faults ask for capabilities, never for a runtime by name. */
export type Capability =
  /** Clients that use the system's resolver (getaddrinfo) reach the lab's DNS server. */
  | 'system-resolver'
  /** `::1` exists. */
  | 'ipv6'
  /** New connections are refused while open ones live on. */
  | 'refuse'
  /** New connections are swallowed. */
  | 'blackhole-new'
  /** Packets of open connections are swallowed as well. */
  | 'blackhole-all'
  | 'unreachable'
  /** Packets can be captured, so that any program can be a client. */
  | 'capture'

/** Whether something can be done, by which mechanism, or why not and what would help. */
export type Probe =
  | { readonly can: true; readonly mechanism: string }
  | { readonly can: false; readonly reason: string; readonly remedy: string }

export interface UnitSpec {
  readonly id: string
  readonly argv: readonly [string, ...string[]]
  /** Complete: nothing of the user's own environment (proxies, NODE_OPTIONS, RES_OPTIONS) is inherited. */
  readonly env: Readonly<Record<string, string>>
  /** Files of this machine that `argv` names; a runtime whose units see other files brings them there. */
  readonly carries?: readonly string[]
  /** The image to run it in, for a runtime of containers. */
  readonly image?: string
}

export interface UnitExit {
  readonly code: number | null
  readonly signal: string | null
  /** It wrote more than the lab is willing to read, and was killed for that. */
  readonly overBudget: boolean
  /** The last of its standard error. */
  readonly stderr: string
  /** The image that it ran in, for a runtime of containers. */
  readonly image?: string
  /** The runtime's own trouble, where it is not the unit that is at fault. */
  readonly fault?: LabError
}

export interface Unit {
  readonly id: string
  readonly pid: number
  /** Settles when it runs, or cannot, where starting takes long; what it is asked meanwhile waits. */
  readonly settled?: Promise<void>
  /**
   * Whether it has used processor time since this was last asked, or since it started: on a busy machine a unit may be slow
   * without being hung. Absent where nobody looks.
   */
  isAtWork?(): Promise<boolean>
  /** How `freeze` stops it; SIGSTOP if absent. */
  readonly freezesBy?: string
  send(command: object): void
  /** Called for each whole line the unit writes, in order; set once, before anything is read. */
  onLine(listener: (line: string, receivedAtUs: Micros) => void): void
  /** Settles after the last line has been handed over. */
  readonly exited: Promise<UnitExit>
  /** SIGSTOP; settles when every thread of every process of the unit is seen stopped. */
  freeze(signal: AbortSignal): Promise<Evidence>
  /** A second look at a frozen unit: what it is if somebody else has thawed or ended it. */
  whyNotFrozen(): Promise<string | undefined>
  /** SIGCONT. */
  thaw(signal: AbortSignal): Promise<Evidence>
  /** SIGKILL; settles when the unit is gone. */
  kill(signal: AbortSignal): Promise<Evidence>
  /** Closes its input, then kills after the deadline; safe twice. */
  stop(deadlineMs: number): Promise<void>
}

/** Why the lab believes that a fault is in force: what was looked at and what it showed. */
export interface Evidence {
  readonly kind: 'process-state' | 'socket-table' | 'rule' | 'unit-said'
  readonly detail: string
}

export interface NetworkFault {
  readonly kind: 'refuse' | 'blackhole-new' | 'blackhole-all' | 'unreachable'
  readonly address: Address
  readonly port: number
}
export interface InjectedNetworkFault {
  readonly evidence: Evidence
  /** Packets the rule has met so far; absent where it cannot count. */
  met?(): Promise<number>
  lift(): Promise<Evidence>
}

export interface LabPlan {
  /** The text of resolv.conf that the system's resolver sees; ignored where it cannot be replaced. */
  readonly resolvConf: string
}

/** The Linux that units run on, when it is not the runner's own system. */
export interface ClientTarget {
  /** As Go says it: `amd64`, `arm64`. */
  readonly goarch: string
  /** What it is built with over there. */
  readonly goImage: string
  /** Builds the Go client there, from the files of its source; settles with the program. */
  buildGo(sources: ReadonlyMap<string, Buffer>, cgo: boolean, signal: AbortSignal): Promise<Buffer>
}

/** What a client that is observed from outside needs. */
export interface Observation {
  /** A home folder without a file of the user's own in it, if the runtime has one. */
  readonly home: string | undefined
  /** The pipe that the lines of a packet capture come through, or why there is none. */
  readonly packets: { readonly pipe: string } | { readonly reason: string; readonly remedy: string }
}

/** A running lab: units and packets. */
export interface Lab {
  readonly runtime: RuntimeKind
  /** What clients have to be built for, where that is not this machine. */
  readonly target?: ClientTarget
  /** Where the DNS server must listen; port 0 = any free one. */
  readonly dnsServer: { readonly address: Address; readonly port: number }
  probe(capability: Capability): Promise<Probe>
  configure(plan: LabPlan): Promise<void>
  start(spec: UnitSpec): Unit
  /** Begins a packet capture where there can be one; once. */
  observe(): Promise<Observation>
  /** Only for faults whose capability names the runtime's own mechanism, not the server's. */
  inject(fault: NetworkFault): Promise<InjectedNetworkFault>
  /** The LISTEN rows of the lab's network, as `address:port`. */
  listening(): Promise<readonly string[]>
  /**
   * What it means that somebody outside has ended a part of the lab that is no unit, as soon as that is seen; undefined if
   * nobody had within that time. With some time, also what it means that nothing of the lab answers. Absent where there is
   * no such part.
   */
  lost?(withinMs?: number): Promise<LabError | undefined>
  /** Ends every unit and whatever it left behind; safe twice. */
  stop(): Promise<void>
}

/** For those who may have to wait until another lab has ended. */
export interface Queue {
  readonly patienceMs: number
  readonly onWait: (holder: Holder) => void
}

/** Whom a lab waits for. */
export interface Holder {
  /** At the beginning of a sentence. */
  readonly who: string
  readonly remedy: string
}

export interface Runtime {
  readonly kind: RuntimeKind
  /** So many labs run side by side for each core, most of a run being waiting; 0: one at a time, whatever the machine. */
  readonly runsPerCore: number
  /** A look that is cheaper than `open` and changes nothing: what answers there. Fails as `open` does. */
  check?(): Promise<string>
  /** What it can do, where that takes no open lab to see. */
  readonly features?: Pick<Lab, 'runtime' | 'probe'>
  /**
   * Opens a lab, or says (RUNTIME_UNAVAILABLE) why this machine cannot. `tell` hears of what takes long, `queue` of
   * another lab that has to end first (LAB_BUSY if it does not).
   */
  open(signal: AbortSignal, tell?: (what: string) => void, queue?: Queue): Promise<Lab>
}
