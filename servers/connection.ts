import type { Socket } from 'node:net'
import type { Micros, ServerEvent } from '../unit/protocol.ts'

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never
/** Reports one event of a server, which adds its address, its process and (unless given) the time. */
export type Report = (event: Without<ServerEvent, 'atUs' | 'address' | 'process'>, atUs?: Micros) => void

/** How long a peer may take to answer our FIN with its own, ms. */
const peerFinDeadlineMs = 1000

/** One accepted connection, from its `accepted` event to its one `server-closed` event. */
export class Connection {
  readonly socket: Socket
  readonly peerPort: number
  /** Settles when the connection is closed and reported so. */
  readonly closed: Promise<void>
  /** Requests answered in full. */
  answered = 0
  #underWay = 0
  #idle: NodeJS.Timeout | undefined
  #closing = false
  #how: 'fin' | 'reset' = 'fin'

  constructor(socket: Socket, report: Report) {
    this.socket = socket
    this.peerPort = socket.remotePort ?? 0 // none when the peer has reset it already
    report({ event: 'accepted', peerPort: this.peerPort })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') this.#how = 'reset'
    })
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#closing = true
        clearTimeout(this.#idle)
        report({ event: 'server-closed', peerPort: this.peerPort, how: this.#how })
        resolve()
      })
    })
  }

  /** Requests received and not answered yet. */
  get underWay(): number {
    return this.#underWay
  }

  beginRequest(): void {
    this.#underWay++
    clearTimeout(this.#idle)
  }

  /** The last one under way starts the idle time, after which the server closes as servers do: without waiting for the peer. */
  endRequest(idleTimeoutMs: number): void {
    this.#underWay--
    if (idleTimeoutMs > 0 && this.#underWay === 0) this.#idle = setTimeout(() => this.socket.destroy(), idleTimeoutMs)
  }

  /** The server has closed its side, or everything is closed: nothing can be sent any more. */
  get closing(): boolean {
    return this.#closing || this.socket.destroyed
  }

  /** Aborts the connection with RST (SO_LINGER 0). */
  reset(): void {
    if (this.socket.destroyed) return
    this.#closing = true
    this.#how = 'reset'
    this.socket.resetAndDestroy()
  }

  /**
   * Closes with FIN and reads on until the peer's FIN: closing at once would turn bytes that are still under way into
   * RST. A peer that does not answer in time is left alone.
   */
  async finish(): Promise<void> {
    this.#closing = true
    this.socket.end()
    const deadline = setTimeout(() => this.socket.destroy(), peerFinDeadlineMs)
    await this.closed
    clearTimeout(deadline)
  }
}
