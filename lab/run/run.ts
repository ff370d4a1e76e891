/** One run: one scenario, one client, one fresh lab. It records; judging comes later. */
import { setTimeout as wait } from 'node:timers/promises'
import { nowUs } from '../../unit/clock.ts'
import type { Address, ZoneData } from '../../unit/protocol.ts'
import { needsSystemResolver } from '../clients.ts'
import { LabError, messageOf } from '../errors.ts'
import type { FaultContext, InForce } from '../faults/fault.ts'
import { type FaultVerb, faultOf } from '../faults/table.ts'
import { type Journal, journalVersion } from '../journal/journal.ts'
import { Recorder } from '../journal/recorder.ts'
import type { Capability, Lab } from '../runtimes/runtime.ts'
import type { ClientVariant, FaultStep, LiftStep, RequestStep, Scenario, Step } from '../scenario/scenario.ts'
import { serverPort } from '../scenario/values.ts'
import { untilClientClosed } from './client-connections.ts'
import { type ServerProcess, Units } from './units.ts'

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

/** Runs to the end whatever happens; what went wrong is a `trouble` in the journal. The lab is gone when it settles. */
export async function run(plan: RunPlan): Promise<Journal> {
  const recorder = new Recorder()
  const { scenario, variant, seed, repetition } = plan
  let lab: Lab | undefined
  try {
    lab = await plan.lab
    recorder.note({ event: 'run-started', run: { journalVersion, scenario, variant, seed, repetition, runtime: lab.runtime } })
    await play(plan, lab, recorder)
  } catch (error) {
    if (!lab)
      recorder.note({ event: 'run-started', run: { journalVersion, scenario, variant, seed, repetition, runtime: 'loopback' } })
    const known = error instanceof LabError ? error : new LabError('UNIT_FAILED', messageOf(error), { cause: error })
    recorder.note({ event: 'trouble', code: known.code, message: known.message, remedy: known.remedy })
  } finally {
    recorder.note({ event: 'run-ended' })
    await lab?.stop()
  }
  return recorder.entries
}

async function play(plan: RunPlan, lab: Lab, recorder: Recorder): Promise<void> {
  const { scenario, variant, signal } = plan
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
  const inForce = new Map<number, InForce & { readonly verb: FaultVerb }>()
  const zone = { current: scenario.zone }
  const context = contextFor(units, lab, recorder, zone, signal)
  let requests = 0
  for (const [index, step] of scenario.steps.entries()) {
    if (step.kind !== 'request') await units.flush() // a process that is about to be stopped still has events to write
    recorder.note({ event: 'step-started', step: index })
    plan.onProgress?.(`step ${index + 1} of ${scenario.steps.length}: ${describe(step)}`)
    if (step.kind === 'request') requests = await makeRequests(step, requests, units, recorder, signal)
    else if (step.kind === 'fault')
      inForce.set(index, { verb: step.verb, ...(await injectFault(index, step, context, recorder)) })
    else if (step.kind === 'lift') await liftFaults(index, step, inForce, recorder)
    else await wait(step.ms, undefined, { signal })
    recorder.note({ event: 'step-ended', step: index })
  }
  await units.flush()
  for (const [fault, { met }] of inForce) if (met) recorder.note({ event: 'counted', fault, met: await met() })
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

async function makeRequests(
  step: RequestStep,
  before: number,
  units: Units,
  recorder: Recorder,
  signal: AbortSignal,
): Promise<number> {
  let request = before
  for (let i = 0; i < step.times; i++) {
    request += 1
    const current = request
    let ended = false
    let next = recorder.entries.length
    units.sendToClient({
      command: 'request',
      request,
      url: step.url,
      method: step.method,
      timeoutMs: step.timeoutMs,
      fresh: step.fresh,
    })
    await recorder.until(
      (journal) => {
        for (; next < journal.length && !ended; next++) {
          const entry = journal[next]
          ended = entry?.unit === 'client' && entry.event === 'request-ended' && entry.request === current
        }
        return ended
      },
      {
        ms: step.timeoutMs + clientGraceMs,
        error: () =>
          new LabError(
            'CLIENT_BROKEN',
            `The client did not end request ${current} within its timeout of ${step.timeoutMs} ms (and ${clientGraceMs / 1000} s more).`,
            { remedy: 'check it with `failover-lab client-check`' },
          ),
      },
      signal,
    )
  }
  return request
}
const clientGraceMs = 5000

async function injectFault(index: number, step: FaultStep, context: FaultContext, recorder: Recorder): Promise<InForce> {
  const injected = await faultOf(step.verb).inject(step.step, step.addresses, context)
  recorder.note({
    event: 'in-force',
    step: index,
    mechanism: injected.mechanism,
    evidence: injected.evidence.map((seen) => seen.detail),
  })
  return injected
}

async function liftFaults(
  index: number,
  step: LiftStep,
  inForce: Map<number, InForce & { readonly verb: FaultVerb }>,
  recorder: Recorder,
): Promise<void> {
  for (const [fault, { verb, lift, met }] of [...inForce].reverse()) {
    if (verb !== step.verb || !lift) continue
    if (met) recorder.note({ event: 'counted', fault, met: await met() })
    const evidence = await lift()
    inForce.delete(fault)
    recorder.note({ event: 'lifted', step: index, fault, evidence: evidence.map((seen) => seen.detail) })
  }
}

function contextFor(units: Units, lab: Lab, recorder: Recorder, zone: { current: ZoneData }, signal: AbortSignal): FaultContext {
  return {
    signal,
    command: (address, command) => units.commandServer(address, command),
    process: (address) => units.process(address),
    start: (address) => units.startAgain(address),
    network: (fault) => lab.inject(fault),
    async mechanism(capability) {
      const probe = await lab.probe(capability)
      if (probe.can) return probe.mechanism
      throw missing(capability, probe)
    },
    clientClosed: (address, which) => untilClientClosed(address, which, recorder, signal),
    async replaceNames(names) {
      zone.current = { ...zone.current, ...names }
      return units.commandDns((id) => ({ command: 'zone', id, zone: names }))
    },
    currentZone: () => zone.current,
    notListening: (address) => untilNotListening(address, lab, signal),
  }
}

async function untilNotListening(address: Address, lab: Lab, signal: AbortSignal) {
  const row = address.includes(':') ? `[${address}]:${serverPort}` : `${address}:${serverPort}`
  const deadlineUs = nowUs() + 5_000_000
  while ((await lab.listening()).includes(row)) {
    if (nowUs() > deadlineUs) throw new LabError('NOT_IN_FORCE', `${row} still listens 5 s after its process was killed.`)
    await wait(1, undefined, { signal })
  }
  return { kind: 'socket-table', detail: `no LISTEN row for ${row}` } as const
}

/** All that the scenario and the client need is asked for before anything starts. */
async function checkCapabilities(scenario: Scenario, variant: ClientVariant, lab: Lab): Promise<void> {
  const needed = new Set<Capability>(needsSystemResolver(variant, scenario.resolver))
  if (scenario.servers.some((server) => server.address.includes(':'))) needed.add('ipv6')
  for (const step of scenario.steps) {
    if (step.kind === 'fault')
      for (const capability of faultOf(step.verb).needs(step.step).capabilities ?? []) needed.add(capability)
  }
  for (const capability of needed) {
    const probe = await lab.probe(capability)
    if (!probe.can) throw missing(capability, probe)
  }
}

const missing = (capability: Capability, probe: { readonly reason: string; readonly remedy: string }) =>
  new LabError('CAPABILITY_MISSING', `This needs ${capability}: ${probe.reason}.`, { remedy: probe.remedy })

function processOf(scenario: Scenario, address: Address): ServerProcess {
  const needs = scenario.steps.flatMap((step) =>
    step.kind === 'fault' && step.addresses.includes(address) ? [faultOf(step.verb).needs(step.step).process] : [],
  )
  return needs.includes('supervised') ? 'supervised' : needs.includes('alone') ? 'alone' : 'shared'
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
