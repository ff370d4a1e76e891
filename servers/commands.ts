import { isIPv4 } from 'node:net'
import { nowUs } from '../unit/clock.ts'
import type { Address, AppliedEvent, FailedEvent, FlushedEvent, ServerCommand, ServerEvent } from '../unit/protocol.ts'
import type { App } from './app.ts'
import { authority } from './listen-row.ts'
import { WebServer } from './web-server.ts'

export type Emitted = ServerEvent | AppliedEvent | FailedEvent | FlushedEvent
export type Emit = (event: Emitted) => void

/** The socket of a server could not be had. Its event has been emitted: the process is to end. */
export class ListenFailed extends Error {}

/** The servers of one process and what they are told. */
export class Servers {
  readonly #byAddress = new Map<Address, WebServer>()
  readonly #app: Promise<App>
  readonly #emit: Emit
  readonly #process: number

  constructor(app: Promise<App>, emit: Emit, process = 1) {
    this.#app = app
    this.#emit = emit
    this.#process = process
  }

  /** Carries out one command and emits its acknowledgement. Rejects only with `ListenFailed`. */
  async carryOut(command: ServerCommand): Promise<void> {
    if (command.command === 'listen') return this.#listen(command)
    if (command.command === 'flush') return this.#emit({ event: 'flushed', atUs: nowUs(), id: command.id })
    await this.acknowledge(command.id, () => this.#apply(command))
  }

  /** Emits `applied` with what `act` resolves to, or `failed` with what it throws. */
  async acknowledge(id: number, act: () => string | Promise<string>): Promise<void> {
    try {
      const detail = await act()
      this.#emit({ event: 'applied', atUs: nowUs(), id, detail })
    } catch (error) {
      this.#emit({ event: 'failed', atUs: nowUs(), id, reason: error instanceof Error ? error.message : String(error) })
    }
  }

  get(address: Address): WebServer {
    const server = this.#byAddress.get(address)
    if (!server) throw new Error(`No server at ${address}: this process has ${[...this.#byAddress.keys()].join(', ') || 'none'}.`)
    return server
  }

  add(address: Address, server: WebServer): void {
    this.#byAddress.set(address, server)
  }

  all(): readonly WebServer[] {
    return [...this.#byAddress.values()]
  }

  async #listen(command: Extract<ServerCommand, { command: 'listen' }>): Promise<void> {
    const { address, port, seed, idleTimeoutMs } = command
    if (!isLoopback(address))
      throw new ListenFailed(`Cannot bind server ${authority(address, port)}: it is no literal loopback address.`)
    const server = new WebServer({ address, port, seed, idleTimeoutMs, process: this.#process }, await this.#app, this.#emit)
    try {
      await server.listen()
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
      this.#emit({ event: 'listen-failed', atUs: nowUs(), address, port, code })
      throw new ListenFailed(`Cannot bind server ${authority(address, port)} (${code}). ${remedies[code] ?? ''}`.trimEnd(), {
        cause: error,
      })
    }
    this.add(address, server)
  }

  #apply(command: Exclude<ServerCommand, { command: 'listen' | 'flush' }>): string | Promise<string> {
    const server = this.get(command.address)
    switch (command.command) {
      case 'inject':
        return server.inject(command.fault)
      case 'lift':
        return server.lift(command.kind)
      case 'stop':
        return server.stop()
      case 'start':
        return server.start()
      case 'close-idle':
        return server.closeIdle()
      case 'hot-restart':
      case 'drain':
        throw new Error(`${command.command} needs a supervised server: start the unit with the argument "supervised".`)
      default:
        throw new Error(`No such command: ${JSON.stringify(command satisfies never)}`)
    }
  }
}

const remedies: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Another process holds it: run with --runtime netns, or stop that process.',
  EADDRNOTAVAIL: 'This machine has no such address: on macOS, add it with `ifconfig lo0 alias`; for ::1, switch IPv6 on.',
  EACCES: 'Ports below 1024 need a privilege: take a higher one.',
}

/** 127.0.0.0/8 and ::1, written as literals: nothing of the lab can be reached from outside. */
const isLoopback = (address: Address): boolean => (isIPv4(address) && address.startsWith('127.')) || address === '::1'
