/** A DNS server on free ports in the test's own process, and sockets to ask it with. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { EventEmitter, once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import type { DnsEvent, ZoneData } from '../../unit/protocol.ts'
import { Responder } from '../responder.ts'
import { startServer } from '../server.ts'
import { Zone } from '../zone.ts'
import { framed, type ReadAnswer, readAnswer } from './messages.ts'

/** Long enough for a machine that is busy with other things. */
export const patienceMs = 10_000

export interface RunningServer {
  readonly port: number
  readonly events: readonly DnsEvent[]
  /** Resolves with the first event that passes, also one of the past. */
  event(passes: (event: DnsEvent) => boolean): Promise<DnsEvent>
  replace(zone: ZoneData): void
}

/** Starts a server that ends with the test. */
export async function runServer(context: TestContext, zone: ZoneData, seed = 7, address = '127.0.0.1'): Promise<RunningServer> {
  const events: DnsEvent[] = []
  const arrivals = new EventEmitter()
  const served = new Zone(seed, zone)
  const responder = new Responder(served, (line) => {
    events.push(JSON.parse(line) as DnsEvent)
    arrivals.emit('event')
  })
  const server = await startServer(address, 0, responder)
  context.after(() => server.stop())
  return {
    port: server.port,
    events,
    async event(passes) {
      for (;;) {
        const found = events.find(passes)
        if (found) return found
        await once(arrivals, 'event', { signal: AbortSignal.timeout(patienceMs) })
      }
    },
    replace(data) {
      served.replace(data)
      responder.forget()
    },
  }
}

/** A UDP socket of the test's own. */
export async function udpSocket(context: TestContext, port: number, address = '127.0.0.1'): Promise<UdpSocket> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  context.after(() => new Promise<void>((resolve) => socket.close(() => resolve())))
  socket.connect(port, address)
  await once(socket, 'connect')
  return socket
}

/** Sends one message over UDP and waits for the next datagram. */
export async function askUdp(socket: UdpSocket, message: Buffer): Promise<ReadAnswer> {
  const answered = once(socket, 'message', { signal: AbortSignal.timeout(patienceMs) })
  socket.send(message)
  const [bytes] = (await answered) as [Buffer]
  return readAnswer(bytes)
}

/** A TCP connection of the test's own, its answers taken in order of arrival. */
export class TcpAsker {
  readonly socket: Socket
  #buffered: Buffer = Buffer.alloc(0)
  constructor(context: TestContext, port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    this.socket.on('error', () => {})
    context.after(() => this.socket.destroy())
  }

  send(...messages: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(messages.map(framed)))
  }

  async next(): Promise<ReadAnswer> {
    return readAnswer(await this.nextBytes())
  }

  async nextBytes(): Promise<Buffer> {
    for (;;) {
      const length = this.#buffered.length < 2 ? Number.POSITIVE_INFINITY : 2 + this.#buffered.readUInt16BE(0)
      if (this.#buffered.length >= length) {
        const message = this.#buffered.subarray(2, length)
        this.#buffered = this.#buffered.subarray(length)
        return message
      }
      const chunk: unknown = this.socket.read()
      if (chunk instanceof Buffer) this.#buffered = Buffer.concat([this.#buffered, chunk])
      else await once(this.socket, 'readable', { signal: AbortSignal.timeout(patienceMs) })
    }
  }
}
