import { createServer, type Server, type Socket } from 'node:net'
import type { Address } from '../unit/protocol.ts'

/** What another process needs to listen on the same socket; only IPC can carry it. */
export type ListenHandle = object

/**
 * The listening socket of one address, apart from the HTTP server that its connections go to: closing it leaves the open
 * connections alone (http.Server.close() and fastify's close() drop idle ones), and it can be opened again.
 */
export class Listener {
  readonly address: Address
  #port: number
  #server: Server | undefined
  readonly #onSocket: (socket: Socket) => void

  /** @param port 0 takes a free one, and keeps it from then on. */
  constructor(address: Address, port: number, onSocket: (socket: Socket) => void) {
    this.address = address
    this.#port = port
    this.#onSocket = onSocket
  }

  get port(): number {
    return this.#port
  }

  get isOpen(): boolean {
    return this.#server !== undefined
  }

  /** Binds and listens, or listens on a socket that another process bound. Rejects with the system's error. */
  async open(inherited?: ListenHandle): Promise<void> {
    if (this.#server) return
    // As http.Server has it: half-open, so that a request followed by FIN is still answered; no Nagle delay.
    const server = createServer({ allowHalfOpen: true, noDelay: true }, this.#onSocket)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.once('listening', () => {
        server.off('error', reject)
        resolve()
      })
      if (inherited) server.listen(inherited)
      else server.listen({ host: this.address, port: this.#port })
    })
    const bound = server.address()
    if (bound && typeof bound === 'object') this.#port = bound.port
    this.#server = server
  }

  /** Closes the listening socket of this process, at once; open connections stay. */
  close(): void {
    this.#server?.close()
    this.#server = undefined
  }

  /** The handle that another process can listen on, while this one goes on listening. */
  get handle(): ListenHandle {
    // Node sends a net.Server by IPC, too, but the receiver then accepts at once: the relaying process must not.
    const handle = (this.#server as { _handle?: ListenHandle } | undefined)?._handle
    if (!handle) throw new Error(`${this.address}:${this.#port} does not listen: there is no socket to hand over.`)
    return handle
  }
}
