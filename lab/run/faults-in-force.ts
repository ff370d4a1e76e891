/**
 * The faults of one run that are in force, each on the addresses that it still has: one of the same verb replaces it
 * there, `start` ends `stop` and `kill`, `kill` ends `freeze`, `lift` ends it everywhere. A server that comes back gets
 * the faults again that went with its socket or its process.
 */
import type { Address } from '../../unit/protocol.ts'
import { LabError } from '../errors.ts'
import type { FaultContext, InForce } from '../faults/fault.ts'
import { endedBy, type FaultVerb, faultOf } from '../faults/table.ts'
import type { Recorder } from '../journal/recorder.ts'
import type { Evidence } from '../runtimes/runtime.ts'
import type { FaultStep, LiftStep } from '../scenario/scenario.ts'

interface Entry extends InForce {
  readonly step: number
  readonly verb: FaultVerb
  /** As written. */
  readonly text: string
  readonly addresses: Set<Address>
}

export class FaultsInForce {
  readonly #recorder: Recorder
  #entries: Entry[] = []
  readonly #down = new Map<Address, 'stop' | 'kill'>()

  constructor(recorder: Recorder) {
    this.#recorder = recorder
  }

  /** Brings the fault of a step in force; settles when that has been seen. */
  async inject(step: number, { verb, step: written, text, addresses }: FaultStep, context: FaultContext): Promise<void> {
    const injected = await faultOf(verb).inject(written, addresses, context)
    for (const entry of this.#entries) {
      const taken = addresses.filter((address) => entry.addresses.has(address))
      if (taken.length === 0 || !(entry.verb === verb || endedBy[verb]?.includes(entry.verb))) continue
      await entry.giveWay?.(taken)
      await this.#end(entry, taken, step)
    }
    if (verb === 'stop' || verb === 'kill') for (const address of addresses) this.#down.set(address, verb)
    if (injected.lift) this.#entries.push({ ...injected, step, verb, text, addresses: new Set(addresses) }) // else it is over at once
    const evidence = [...injected.evidence, ...(verb === 'start' ? await this.#restore(addresses) : [])]
    this.#recorder.note({
      event: 'in-force',
      step,
      mechanism: injected.mechanism,
      evidence: evidence.map((seen) => seen.detail),
    })
  }

  /** What the client has seen meanwhile shows nothing of a fault that somebody outside has ended. */
  async lookAgain(): Promise<void> {
    for (const { step, text, addresses, whyNotInForce } of this.#entries) {
      const seen = await whyNotInForce?.([...addresses])
      if (seen === undefined) continue
      throw new LabError('NOT_IN_FORCE', `The fault of step ${step + 1} (${text}) was lifted from outside: ${seen}.`, {
        remedy: 'run it again, and leave what belongs to it alone',
      })
    }
  }

  /** Ends every fault of that verb, the last one first. */
  async lift(step: number, { verb }: LiftStep): Promise<void> {
    for (const entry of this.#entries.filter((one) => one.verb === verb).reverse()) {
      const addresses = [...entry.addresses]
      const evidence = [...((await entry.lift?.(addresses.filter((address) => this.#holds(entry, address)))) ?? [])]
      if (verb === 'stop' || verb === 'kill') evidence.push(...(await this.#restore(addresses)))
      await this.#end(entry, addresses, step, evidence)
    }
  }

  /** Notes what the rules that are left have counted. */
  async count(): Promise<void> {
    for (const entry of this.#entries) await this.#countOf(entry)
  }

  /** Whether what holds the fault is there: a stopped server has no listening socket, a killed one nothing. */
  #holds({ heldBy }: Entry, address: Address): boolean {
    const how = this.#down.get(address)
    return how === undefined || heldBy === undefined || (how === 'stop' && heldBy === 'process')
  }

  /** These servers are up again. */
  async #restore(addresses: readonly Address[]): Promise<Evidence[]> {
    const evidence: Evidence[] = []
    for (const address of addresses) {
      const lost = this.#entries.filter((entry) => entry.addresses.has(address) && !this.#holds(entry, address))
      this.#down.delete(address)
      for (const { restore } of lost) if (restore) evidence.push(await restore(address))
    }
    return evidence
  }

  async #end(entry: Entry, addresses: readonly Address[], step: number, evidence: readonly Evidence[] = []): Promise<void> {
    for (const address of addresses) entry.addresses.delete(address)
    if (entry.addresses.size > 0) return
    await this.#countOf(entry)
    this.#entries = this.#entries.filter((other) => other !== entry)
    this.#recorder.note({ event: 'lifted', step, fault: entry.step, evidence: evidence.map((seen) => seen.detail) })
  }

  async #countOf({ step, met }: Entry): Promise<void> {
    if (met) this.#recorder.note({ event: 'counted', fault: step, met: await met() })
  }
}
