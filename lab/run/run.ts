/** One run: one scenario, one client, one fresh lab. It records; judging comes later. */
import { setTimeout as wait } from 'node:timers/promises'
import { LabError, messageOf } from '../errors.ts'
import { type Journal, journalVersion } from '../journal/journal.ts'
import { Recorder } from '../journal/recorder.ts'
import type { Lab } from '../runtimes/runtime.ts'
import type { ClientVariant, Scenario, Step } from '../scenario/scenario.ts'
import { untilAborted } from '../until-aborted.ts'
import { checkCapabilities, processOf } from './capabilities.ts'
import { faultContext } from './fault-context.ts'
import { FaultsInForce } from './faults-in-force.ts'
import { makeRequests } from './requests.ts'
import { Units } from './units.ts'

/** How a client program is started. */
export interface ClientProgram {
  readonly argv: readonly [string, ...string[]]
  readonly env: Readonly<Record<string, string>>
  /** Files of this machine that `argv` names. */
  readonly carries?: readonly string[]
  /** The image to run it in, where the runtime has containers. */
  readonly image?: string
  /** It is observed from outside: packets are captured for it. */
  readonly observed?: boolean
}
export interface RunPlan {
  readonly scenario: Scenario
  readonly variant: ClientVariant
  readonly program: () => Promise<ClientProgram>
  readonly seed: number
  readonly repetition: number
  /** Opening may have begun before the scenario was read. */
  readonly lab: Promise<Lab>
  readonly signal: AbortSignal
  /** Told of each entry as it is recorded, for a live line. */
  readonly onProgress?: (what: string) => void
}

/** Within that, a loss shows that a unit has missed before. */
const aMomentMs = 1000

/** Runs to the end whatever happens; what went wrong is a `trouble` in the journal. The lab is gone when it settles, or that is one. */
export async function run(plan: RunPlan): Promise<Journal> {
  const recorder = new Recorder()
  const { scenario, variant, seed, repetition } = plan
  let lab: Lab | undefined
  try {
    lab = await plan.lab
    recorder.note({ event: 'run-started', run: { journalVersion, scenario, variant, seed, repetition, runtime: lab.runtime } })
    await untilAborted(play(plan, lab, recorder), AbortSignal.any([plan.signal, recorder.broken.signal]))
  } catch (error) {
    // Whoever ended a part of the lab may have ended more, and a client may be the first to miss it.
    const lost = plan.signal.aborted ? undefined : await lab?.lost?.(aMomentMs)
    if (!lab)
      recorder.note({ event: 'run-started', run: { journalVersion, scenario, variant, seed, repetition, runtime: 'loopback' } })
    noteTrouble(lost ?? reasonOf(error), recorder)
  } finally {
    recorder.note({ event: 'run-ended' })
    await lab?.stop().catch((error: unknown) => noteTrouble(error, recorder))
  }
  return [...recorder.entries] // what was let go may still note something
}

function noteTrouble(why: unknown, recorder: Recorder): void {
  const known = why instanceof LabError ? why : new LabError('UNIT_FAILED', messageOf(why), { cause: why })
  recorder.note({ event: 'trouble', code: known.code, message: known.message, remedy: known.remedy })
}

/** A wait that a signal has cut short says no more than that; its cause is the signal's reason. */
const reasonOf = (error: unknown): unknown =>
  error instanceof Error && error.name === 'AbortError' ? (error.cause ?? error) : error

async function play(plan: RunPlan, lab: Lab, recorder: Recorder): Promise<void> {
  const { scenario, variant } = plan
  const signal = AbortSignal.any([plan.signal, recorder.broken.signal])
  void lab.lost?.().then((why) => why && recorder.broken.abort(why))
  await checkCapabilities(scenario, variant, lab)
  const units = new Units(lab, recorder, signal)
  plan.onProgress?.('starting')
  const program = plan.program()
  program.catch(() => {}) // awaited below; the servers may fail first
  const configured = lab.configure({ resolvConf: resolvConf(scenario) })
  const dnsPort = units.startDns(scenario.zone, plan.seed)
  const startClient = async () => {
    await configured // a program may read resolv.conf as soon as it runs
    const { observed, env, ...started } = await program
    const outside = observed ? await observe(lab, recorder) : {}
    const start = dnsPort.then((port) => ({
      command: 'start' as const,
      settings: variant.settings,
      dnsServer: { address: lab.dnsServer.address, port },
      resolver: scenario.resolver,
    }))
    start.catch(() => {}) // told by `dnsPort`
    await units.startClient({ ...started, env: { ...env, ...outside } }, start)
  }
  await Promise.all([
    configured,
    units.startServers(scenario.servers, (address) => processOf(scenario, address), plan.seed),
    dnsPort,
    startClient(),
  ])
  const inForce = new FaultsInForce(recorder)
  const context = faultContext(units, lab, recorder, scenario.zone, signal)
  let requests = 0
  for (const [index, step] of scenario.steps.entries()) {
    if (step.kind !== 'request') await units.flush() // a process that is about to be stopped still has events to write
    recorder.note({ event: 'step-started', step: index })
    plan.onProgress?.(`step ${index + 1} of ${scenario.steps.length}: ${describe(step)}`)
    if (step.kind === 'request') {
      requests = await makeRequests(step, requests, units, recorder, signal)
      await units.hearLateQueries()
    } else if (step.kind === 'fault') await inForce.inject(index, step, context)
    else if (step.kind === 'lift') await inForce.lift(index, step)
    else await wait(step.ms, undefined, { signal })
    if (step.kind === 'request' || step.kind === 'wait') await inForce.lookAgain()
    recorder.note({ event: 'step-ended', step: index })
  }
  await units.flush()
  await inForce.count()
  const lost = await lab.lost?.(0)
  if (lost) throw lost
  units.expectEnd()
}

/** Begins to observe the client; gives what its unit needs for that (clients/command/unit.ts). */
async function observe(lab: Lab, recorder: Recorder): Promise<Record<string, string>> {
  const { home, packets } = await lab.observe()
  recorder.note({
    event: 'client-observed',
    unseen: 'pipe' in packets ? undefined : { reason: packets.reason, remedy: packets.remedy },
  })
  return { ...(home ? { COMMAND_HOME: home } : {}), ...('pipe' in packets ? { COMMAND_PACKETS: packets.pipe } : {}) }
}

function resolvConf(scenario: Scenario): string {
  const { timeoutS, attempts } = scenario.resolver
  const options = [
    timeoutS === undefined ? '' : ` timeout:${timeoutS}`,
    attempts === undefined ? '' : ` attempts:${attempts}`,
  ].join('')
  return `nameserver 127.0.0.1\n${options === '' ? '' : `options${options}\n`}`
}

function describe(step: Step): string {
  if (step.kind === 'request') return `${step.method} ${step.url}${step.times > 1 ? ` × ${step.times}` : ''}`
  if (step.kind === 'fault') return step.text
  return step.kind === 'lift' ? `lift ${step.verb}` : `wait ${step.ms} ms`
}
