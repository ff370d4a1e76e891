/** DNS over UDP: dns2's socket, with the messages handed over before dns2 parses them. */
import type { RemoteInfo, SocketOptions, SocketType } from 'node:dgram'
import { once } from 'node:events'
import { UDPServer } from 'dns2'
import type { Address } from '../unit/protocol.ts'
import type { Responder } from './responder.ts'

export class UdpListener extends UDPServer {
  readonly #responder: Responder
  #stopped = false

  constructor(address: Address, responder: Responder) {
    super({ type: socketOptions(address) as unknown as SocketType })
    this.#responder = responder
  }

  /** dns2 calls this for each datagram. */
  override handle(message: Buffer, from: RemoteInfo): void {
    this.#responder.receive(message, {
      transport: 'udp',
      port: from.port,
      send: (answer) => {
        if (this.#stopped || from.port === 0) return false // nobody can be reached at port 0, and send() throws
        this.send(answer, 0, answer.length, from.port, from.address)
        return true
      },
    })
  }

  /** Binds and returns the port. dns2's own `listen` never settles when the port is taken. */
  async start(port: number, address: Address): Promise<number> {
    const listening = once(this, 'listening') // rejects with an `error` event; it may come before `bind` returns
    this.bind({ port, address, exclusive: true })
    await listening
    this.on('error', () => {}) // a later one concerns a single datagram that could not be sent
    return this.address().port
  }

  async stop(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    await new Promise<void>((resolve) => {
      try {
        this.close(() => resolve())
      } catch {
        resolve() // never bound
      }
    })
  }
}

/**
 * dns2 hands its `type` to Node's socket as it is, which takes these as well. Without a lookup of its own the socket asks
 * `dns.lookup` for each answer what a literal address is, and sends a turn later: half of an answer's time.
 */
function socketOptions(address: Address): SocketOptions {
  const family = address.includes(':') ? 6 : 4
  return { type: `udp${family}`, lookup: (literal, _options, callback) => callback(null, literal, family) }
}
