/** A scenario as the lab runs and judges it: parsed, checked, complete, and plain data (it is part of the journal). */
import type { Address, ZoneData } from '../../unit/protocol.ts'
import type { ClientSettings } from '../clients.ts'
import type { FaultVerb } from '../faults/table.ts'
import type { Expectation } from './expectation.ts'

/** One of the programs a scenario is run against, and the settings it is started with. */
export interface ClientVariant {
  /** The name in the scenario, `go` or one of its own. */
  readonly name: string
  /** A registered client (lab/clients.ts), or one given on the command line. */
  readonly client: string
  readonly settings: ClientSettings
}
export interface ServerSpec {
  readonly address: Address
  /** 0: idle connections are never closed. */
  readonly idleTimeoutMs: number
}
/** The resolver options that go to resolv.conf; `undefined`: the resolver's own default. */
export interface ResolverOptions {
  readonly timeoutS?: number
  readonly attempts?: number
}
export interface RequestStep {
  readonly kind: 'request'
  readonly url: string
  readonly host: string
  readonly method: string
  readonly times: number
  readonly timeoutMs: number
  readonly fresh: boolean
  readonly expect: Expectation
  /** For a variant, keys that replace those of `expect`. */
  readonly but: Readonly<Record<string, Expectation>>
}
export interface FaultStep {
  readonly kind: 'fault'
  readonly verb: FaultVerb
  /** The step as its definition's schema gives it. */
  readonly step: Readonly<Record<string, unknown>>
  /** The servers it acts on, `all` and families resolved. */
  readonly addresses: readonly Address[]
  readonly mayMiss: boolean
  /** The step as written, on one line, for reports. */
  readonly text: string
}
export interface LiftStep {
  readonly kind: 'lift'
  readonly verb: FaultVerb
}
export interface WaitStep {
  readonly kind: 'wait'
  readonly ms: number
}
export type Step = RequestStep | FaultStep | LiftStep | WaitStep

/** One changed setting under which a scenario without a fault must fail. */
export interface Control {
  readonly dns?: ZoneData
  readonly client?: ClientSettings
  readonly resolver?: ResolverOptions
}
export interface Scenario {
  readonly name: string
  readonly title: string
  readonly about: string
  readonly variants: readonly ClientVariant[]
  readonly servers: readonly ServerSpec[]
  readonly resolver: ResolverOptions
  readonly zone: ZoneData
  readonly steps: readonly Step[]
  readonly control?: Control
}
