/**
 * A fault is a change that a step makes to DNS, the network or a server. Each is one file with one definition, and one
 * line in table.ts: what a person writes, how it is brought in force and how that was seen, and how to tell from the
 * timeline that something met it.
 */
import type { z } from 'zod'
import type { Address, ServerCommand, ZoneData } from '../../unit/protocol.ts'
import type { Capability, Evidence, InjectedNetworkFault, NetworkFault, Unit } from '../runtimes/runtime.ts'
import type { StepSeen } from '../timeline/timeline.ts'

/** What a fault step needs of the lab before anything starts. */
export interface FaultNeeds {
  readonly capabilities?: readonly Capability[]
  /** Servers that must be a process of their own (`alone`), or one that can hot-restart (`supervised`). */
  readonly process?: 'alone' | 'supervised'
}

/** What an injected fault hands back. */
export interface InForce {
  readonly evidence: readonly Evidence[]
  /** Which mechanism produced it, e.g. `nft`, `listener`, `SIGSTOP`. */
  readonly mechanism: string
  /** A second look, where somebody outside the lab could end it: what is seen if it is not in force any more. */
  readonly whyNotInForce?: (addresses: readonly Address[]) => Promise<string | undefined>
  /** Ends it on these of its addresses; absent for what cannot be undone (or is undone by another verb). */
  readonly lift?: (addresses: readonly Address[]) => Promise<readonly Evidence[]>
  /** Where it lives in the server, what it goes with: the listening socket (`stop`, `kill`) or the process (`kill`). */
  readonly heldBy?: 'listener' | 'process'
  /** Puts it in force again where what held it is new. */
  readonly restore?: (address: Address) => Promise<Evidence>
  /** Another fault of its verb is in force on these addresses: removes what would stay beside that one. */
  readonly giveWay?: (addresses: readonly Address[]) => Promise<void>
  /** Packets met so far, where the mechanism counts. */
  readonly met?: () => Promise<number>
}

/** What a fault can reach while it is being injected. */
export interface FaultContext {
  readonly signal: AbortSignal
  /** Sends a command to the server of an address, and waits for its `applied`. */
  command(address: Address, command: (id: number) => ServerCommand): Promise<Evidence>
  /** The process behind an address. */
  process(address: Address): Unit
  /** Lets a stopped server listen again; a killed one gets a new process. */
  start(address: Address): Promise<Evidence>
  network(fault: NetworkFault): Promise<InjectedNetworkFault>
  /** The mechanism by which this lab does it. */
  mechanism(capability: Capability): Promise<string>
  /** Settles when the client has reported its connections to the address closed: all, or those the server has closed. */
  clientClosed(address: Address, which: 'all' | 'closed-by-server'): Promise<void>
  /** Replaces these names of the zone; settles when the DNS server has said so. */
  replaceNames(names: ZoneData): Promise<Evidence>
  /** The zone as it is now. */
  currentZone(): ZoneData
  /** Those of the addresses that have a LISTEN row. */
  listening(addresses: readonly Address[]): Promise<readonly Address[]>
  /** Settles when no LISTEN row for the address is left. */
  notListening(address: Address): Promise<Evidence>
}

export interface FaultDefinition<Verb extends string = string, Schema extends z.ZodObject = z.ZodObject> {
  readonly verb: Verb
  /** One line for documentation and editors. */
  readonly about: string
  /** The whole step as written, `verb` included. */
  readonly schema: Schema
  /** The addresses of servers it acts on; `all` means every server of the scenario. */
  targets(step: z.output<Schema>): readonly (Address | 'all' | 'ipv4' | 'ipv6')[]
  needs(step: z.output<Schema>): FaultNeeds
  inject(step: z.output<Schema>, addresses: readonly Address[], context: FaultContext): Promise<InForce>
  /**
   * Whether something met the fault while it was in force, from what was seen in the steps after it (its own step first).
   * `undefined`: it is a change rather than a fault, and need not be met. `zone` is the one that the step leaves.
   */
  met(
    step: z.output<Schema>,
    addresses: readonly Address[],
    seen: readonly StepSeen[],
    counted: number | undefined,
    zone: ZoneData,
  ): boolean | undefined
  /** Where nothing counts, only what the client reports of its attempts and connections shows whether it was met. */
  readonly seenByClient?: true
}

/** Keeps each definition's own types while the table holds them all. */
export function defineFault<Verb extends string, Schema extends z.ZodObject>(
  definition: FaultDefinition<Verb, Schema>,
): FaultDefinition<Verb, Schema> {
  return definition
}
