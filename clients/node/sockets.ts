/**
 * Watches every TCP socket of this process from its creation. Node publishes each new `net.Socket` on a diagnostics
 * channel before it connects, whether http or fetch asked for it, and the socket then tells of every attempt: nothing of
 * the clients under test has to be replaced for it.
 */
import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { nowUs } from '../../unit/clock.ts'
import type { AttemptOutcome, ClientEvent } from '../../unit/protocol.ts'
import { attemptOutcome } from './errors.ts'

export type Emit = (event: ClientEvent) => void

/** One request under way, and how far it has come. */
export interface Progress {
  readonly request: number
  /** Lookups that have not answered yet. */
  lookups: number
  /** The sockets opened for it, and the one that it went out on. */
  readonly sockets: Set<Socket>
  used: Socket | undefined
  headReceived: boolean
  /** What has come of a response that may still break off: its status, and its body where the client hands that on. */
  status: number | undefined
  body: string
}

/** What one socket has been through. */
interface History {
  readonly closed: Promise<void>
  /** The number it got when it connected. */
  connection: number | undefined
  /** How many requests went out on it. */
  requests: number
  reset: boolean
}

/** Reports attempts and connections of all sockets that this process opens from now on. */
export class SocketWatch {
  readonly #emit: Emit
  readonly #histories = new WeakMap<Socket, History>()
  #attempts = 0
  #connections = 0
  /** The request under way; a socket belongs to the request that opened it, also when it outlives it. */
  current: Progress | undefined
  /** The newest socket: Node creates it and starts its lookup in one go, so the lookup is this one's. */
  latest: Socket | undefined

  constructor(emit: Emit) {
    this.#emit = emit
    subscribe('net.client.socket', (message) => {
      const { socket } = message as { socket: Socket }
      if (this.current !== undefined) this.#watch(socket, this.current)
    })
  }

  /** The request goes out on this socket: said at once, or as soon as it has connected. */
  use(socket: Socket, progress: Progress): void {
    if (socket.connecting) {
      socket.once('connect', () => this.use(socket, progress))
      return
    }
    const history = this.#histories.get(socket)
    const { remoteAddress: address, remotePort: port, localPort } = socket
    if (history?.connection === undefined || address === undefined || port === undefined || localPort === undefined) return
    progress.used = socket
    progress.sockets.add(socket)
    const reused = history.requests > 0
    history.requests += 1
    const { connection } = history
    this.#emit({
      event: 'connection-used',
      atUs: nowUs(),
      request: progress.request,
      connection,
      reused,
      address,
      port,
      localPort,
    })
  }

  /** Whether the connection of the request met a reset. */
  wasReset(progress: Progress): boolean {
    return progress.used !== undefined && this.#histories.get(progress.used)?.reset === true
  }

  /**
   * Waits until those sockets of the request that are closing have closed. `close` closes them all: undici's Agent does
   * not let go of a connection that it is still opening.
   */
  async settle(progress: Progress, close: boolean): Promise<void> {
    const closing = [...progress.sockets].filter((socket) => close || socket.destroyed)
    if (close) for (const socket of closing) socket.destroy()
    await Promise.all(closing.map((socket) => this.#histories.get(socket)?.closed))
  }

  #watch(socket: Socket, progress: Progress): void {
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    const history: History = { closed, connection: undefined, requests: 0, reset: false }
    this.#histories.set(socket, history)
    progress.sockets.add(socket)
    this.latest = socket
    // Node tries one address at a time and closes an attempt before it starts the next, so one at most is open.
    let open: number | undefined
    const end = (outcome: AttemptOutcome, message?: string) => {
      if (open === undefined) return
      this.#emit({ event: 'attempt-ended', atUs: nowUs(), attempt: open, outcome, ...(message === undefined ? {} : { message }) })
      open = undefined
    }
    socket.on('connectionAttempt', (address: string, port: number) => {
      this.#attempts += 1
      open = this.#attempts
      this.#emit({ event: 'attempt-started', atUs: nowUs(), request: progress.request, attempt: open, address, port })
    })
    socket.on('connectionAttemptFailed', (_address: string, _port: number, _family: number, error: Error) => {
      end(attemptOutcome(error), error.message)
    })
    socket.on('connectionAttemptTimeout', () => end('given_up'))
    socket.on('connect', () => {
      end('connected')
      this.#connections += 1
      history.connection = this.#connections
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // A lone address that cannot be tried at all (no route) is told of by the socket's error alone; an error without
      // a system call is the client's own decision to stop.
      end(error.syscall === 'connect' ? attemptOutcome(error) : 'given_up', error.message)
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') history.reset = true
    })
    socket.on('close', () => {
      end('given_up')
      if (history.connection !== undefined)
        this.#emit({ event: 'connection-closed', atUs: nowUs(), connection: history.connection })
    })
  }
}
