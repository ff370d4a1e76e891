/** The journal: everything that happened in one run, in the order it arrived, append only. From here on all is pure. */
import type { Micros, UnitEvent } from '../../unit/protocol.ts'
import type { RuntimeKind } from '../runtimes/runtime.ts'
import type { ClientVariant, Scenario } from '../scenario/scenario.ts'

export const journalVersion = 1

/** What was run, and with what. */
export interface RunInfo {
  readonly journalVersion: typeof journalVersion
  readonly scenario: Scenario
  readonly variant: ClientVariant
  readonly seed: number
  readonly runtime: RuntimeKind
  /** 1 for the first repetition. */
  readonly repetition: number
}

/** The lab's own events. */
export type LabEvent =
  | { readonly event: 'run-started'; readonly atUs: Micros; readonly run: RunInfo }
  | { readonly event: 'step-started'; readonly atUs: Micros; readonly step: number }
  | {
      readonly event: 'in-force'
      readonly atUs: Micros
      readonly step: number
      readonly mechanism: string
      readonly evidence: readonly string[]
    }
  | {
      readonly event: 'lifted'
      readonly atUs: Micros
      readonly step: number
      readonly fault: number
      readonly evidence: readonly string[]
    }
  /** What a rule has counted when it was lifted or the run ended. */
  | { readonly event: 'counted'; readonly atUs: Micros; readonly fault: number; readonly met: number }
  | { readonly event: 'step-ended'; readonly atUs: Micros; readonly step: number }
  /** The client reports nothing itself: what it did is read from packets, or (with a reason) is not seen at all. */
  | {
      readonly event: 'client-observed'
      readonly atUs: Micros
      readonly unseen?: { readonly reason: string; readonly remedy: string } | undefined
    }
  /** Why the rest of the run could not be seen. */
  | {
      readonly event: 'trouble'
      readonly atUs: Micros
      readonly code: string
      readonly message: string
      readonly remedy?: string | undefined
    }
  | {
      readonly event: 'unit-exited'
      readonly atUs: Micros
      readonly code: number | null
      readonly signal: string | null
      readonly expected: boolean
      readonly stderr: string
    }
  | { readonly event: 'run-ended'; readonly atUs: Micros }

/** `unit`: `lab`, `dns`, `client`, or the id of a server's process. */
export type JournalEntry = { readonly unit: string } & (LabEvent | UnitEvent)
export type Journal = readonly JournalEntry[]
