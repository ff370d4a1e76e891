/** Every fault of the lab. A new one is a file beside this and a line here. */
import { blackhole } from './blackhole.ts'
import { closeIdle } from './close-idle.ts'
import { dns } from './dns.ts'
import { drain } from './drain.ts'
import type { FaultDefinition } from './fault.ts'
import { freeze } from './freeze.ts'
import { hotRestart } from './hot-restart.ts'
import { kill } from './kill.ts'
import { refuse } from './refuse.ts'
import { reset } from './reset.ts'
import { slow } from './slow.ts'
import { start } from './start.ts'
import { status } from './status.ts'
import { stop } from './stop.ts'
import { unreachable } from './unreachable.ts'

export const faults = {
  stop,
  start,
  kill,
  freeze,
  slow,
  status,
  reset,
  close_idle: closeIdle,
  hot_restart: hotRestart,
  drain,
  refuse,
  blackhole,
  unreachable,
  dns,
} as const
export type FaultVerb = keyof typeof faults

/** The definition behind a verb, its own step type hidden: the schema has checked the step. */
export const faultOf = (verb: FaultVerb): FaultDefinition => faults[verb] as unknown as FaultDefinition

/** Which faults of a server are over when another one comes. */
export const endedBy: Readonly<Partial<Record<FaultVerb, readonly FaultVerb[]>>> = {
  start: ['stop', 'kill'],
  kill: ['freeze', 'stop'],
}
