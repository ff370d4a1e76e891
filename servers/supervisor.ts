/**
 * Hot restart, as Envoy does it. A supervising parent starts a new process beside the old one; the new one gets the
 * listening socket and accepts before the old one stops, so nobody is refused. The old process keeps its open connections
 * until it drains. The socket crosses by IPC, old → supervisor → new; the supervisor itself never accepts.
 */
import { writeSync } from 'node:fs'
import { openChannel } from '../unit/channel.ts'
import { nowUs } from '../unit/clock.ts'
import type { Address, ServerCommand } from '../unit/protocol.ts'
import type { Emit, Emitted } from './commands.ts'
import { GenerationProcess, type Question, type StartLine } from './generation-process.ts'
import { seeHolder } from './listen-holder.ts'
import type { ListenHandle } from './listener.ts'

/** Runs a supervised server until the input closes; its first process starts at once. */
export function supervise(startLine: StartLine): void {
  const supervisor = new Supervisor(startLine, (event) => channel.emit(event))
  const channel = openChannel<ServerCommand, Emitted>((command) => supervisor.carryOut(command))
}

class Supervisor {
  readonly #startLine: StartLine
  readonly #emit: Emit
  /** Oldest first; the last one accepts. */
  #generations: GenerationProcess[] = []
  #address: Address | undefined
  /** Answers the `listen` under way. */
  #onListening = () => {}
  readonly #leaving = new Set<GenerationProcess>()

  constructor(startLine: StartLine, emit: Emit) {
    this.#startLine = startLine
    this.#emit = emit
    this.#generations.push(this.#launch(1))
  }

  async carryOut(command: ServerCommand): Promise<void> {
    if (command.command === 'listen') return this.#listen(command)
    const { id } = command
    if (command.command === 'flush') {
      await Promise.all(this.#generations.map((generation) => generation.ask({ command: 'flush' })))
      return this.#emit({ event: 'flushed', atUs: nowUs(), id })
    }
    try {
      if (command.address !== this.#address) throw new Error(`No server at ${command.address}: this one is at ${this.#address}.`)
      this.#emit({ event: 'applied', id, detail: await this.#apply(command), atUs: nowUs() })
    } catch (error) {
      this.#emit({ event: 'failed', atUs: nowUs(), id, reason: error instanceof Error ? error.message : String(error) })
    }
  }

  get #newest(): GenerationProcess {
    const newest = this.#generations.at(-1)
    if (!newest) throw new Error('No process of this server is left.')
    return newest
  }

  #launch(number: number): GenerationProcess {
    const generation = new GenerationProcess(number, this.#startLine, (event) => {
      if (event.event === 'ready' || event.event === 'given') return
      if (event.event === 'listening') this.#onListening()
      this.#emit(event)
    })
    generation.ended.then((how) => {
      if (this.#leaving.delete(generation)) return
      // Its own words, if it had any, are on standard error. The lab must not take half a server for a whole one.
      setImmediate(() => {
        writeSync(2, `Process ${number} (pid ${generation.pid}) of the server ended: ${how}.\n`)
        process.exit(1)
      })
    })
    return generation
  }

  async #listen(command: Extract<ServerCommand, { command: 'listen' }>): Promise<void> {
    if (this.#address) throw new Error(`A supervised server has one address: ${this.#address}, not ${command.address} as well.`)
    this.#address = command.address
    await this.#newest.ready
    await new Promise<void>((resolve) => {
      this.#onListening = resolve
      this.#newest.tell(command)
    })
  }

  async #apply(command: Exclude<ServerCommand, { command: 'listen' | 'flush' }>): Promise<string> {
    switch (command.command) {
      case 'hot-restart':
        return this.#hotRestart(command.address)
      case 'drain':
        return this.#drain()
      case 'start':
        return this.#ask([this.#newest], command)
      case 'inject':
        return this.#ask(isOfListener(command.fault.kind) ? [this.#newest] : this.#generations, command)
      case 'lift':
        return this.#ask(isOfListener(command.kind) ? [this.#newest] : this.#generations, command)
      default:
        return this.#ask(this.#generations, command)
    }
  }

  /** Asks these processes, the old ones first: whether nobody listens is looked at when the newest has stopped. */
  async #ask(generations: readonly GenerationProcess[], question: Question): Promise<string> {
    const details: string[] = []
    for (const generation of [...generations].reverse()) {
      const reply = await generation.ask(question)
      if ('given' in reply || reply.answer.event === 'flushed') continue
      if (reply.answer.event === 'failed') throw new Error(reply.answer.reason)
      details.unshift(generations.length > 1 ? `process ${generation.number}: ${reply.answer.detail}` : reply.answer.detail)
    }
    return details.join('; ')
  }

  async #hotRestart(address: Address): Promise<string> {
    const old = this.#newest
    const next = this.#launch(old.number + 1)
    try {
      await Promise.race([next.ready, next.ended])
      const reply = await old.ask({ command: 'give', address })
      if (!('given' in reply))
        throw new Error(reply.answer.event === 'failed' ? reply.answer.reason : 'The old process gave no socket.')
      const { settings, faults } = reply.given
      try {
        await this.#askApplied(next, { command: 'take', settings: { ...settings, process: next.number }, faults }, reply.handle)
      } finally {
        closeCopy(reply.handle)
      }
      await this.#askApplied(old, { command: 'retire', address })
      this.#generations.push(next)
      return seeHolder(address, settings.port, next, old)
    } catch (error) {
      if (!this.#generations.includes(next)) this.#dismiss(next)
      throw error
    }
  }

  async #drain(): Promise<string> {
    const old = this.#generations.slice(0, -1)
    if (old.length === 0) throw new Error(`Process ${this.#newest.number} is the only one: hot-restart first.`)
    this.#generations = [this.#newest]
    const endings = old.map(async (generation) => {
      this.#leaving.add(generation)
      const reply = await generation.ask({ command: 'end' })
      const closed = 'answer' in reply && reply.answer.event === 'applied' ? reply.answer.detail : ''
      return `process ${generation.number} (pid ${generation.pid}) has ended, ${await generation.ended}, ${closed}`
    })
    return (await Promise.all(endings)).join('; ')
  }

  async #askApplied(generation: GenerationProcess, question: Question, handle?: ListenHandle): Promise<void> {
    const reply = await generation.ask(question, handle)
    if ('answer' in reply && reply.answer.event === 'failed') throw new Error(reply.answer.reason)
  }

  #dismiss(generation: GenerationProcess): void {
    this.#leaving.add(generation)
    generation.kill()
  }
}

/** These faults act on the listening socket, which only the newest process has. */
const isOfListener = (kind: string): boolean => kind === 'refuse' || kind === 'blackhole'

/** The copy of the socket that passed through here: while it is open the system would go on queueing connections for it. */
function closeCopy(handle: ListenHandle): void {
  const { close } = handle as { close?: () => void }
  close?.call(handle)
}
