/**
 * DNS over TCP (RFC 7766): dns2's server with a reader of its own. dns2 parses messages of up to 64 KB before anyone can
 * object, answers as many as arrive at once, and holds `close()` up for idle connections; here each of these has a bound.
 */
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { TCPServer } from 'dns2'
import type { Address } from '../unit/protocol.ts'
import type { Responder } from './responder.ts'

export const tcpBounds = {
  connections: 128,
  /** A query is a name and an OPT record; this is room for every option there is. */
  messageBytes: 4096,
  /** Queries of one connection that wait for their answers; then reading pauses. */
  waiting: 64,
  /** Answers that the peer has not read; then reading pauses. */
  unreadBytes: 65_536,
  /** RFC 7766 §6.2.3: seconds, not minutes. */
  idleMs: 10_000,
} as const

export class TcpListener extends TCPServer {
  readonly #responder: Responder
  readonly #connections = new Set<Socket>()
  #stopped = false

  constructor(responder: Responder) {
    super()
    this.#responder = responder
    this.maxConnections = tcpBounds.connections
  }

  /** dns2 calls this for each connection. */
  handle(socket: Socket): void {
    this.#connections.add(socket)
    socket.on('close', () => this.#connections.delete(socket))
    serveConnection(socket, this.#responder)
  }

  async start(port: number, address: Address): Promise<number> {
    this.listen({ port, host: address, exclusive: true })
    await once(this, 'listening') // rejects with an `error` event
    this.on('error', () => {}) // a later one concerns a single connection that could not be accepted
    return (this.address() as AddressInfo).port
  }

  async stop(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    for (const socket of this.#connections) socket.destroy()
    await new Promise<void>((resolve) => this.close(() => resolve()))
  }
}

function serveConnection(socket: Socket, responder: Responder): void {
  const port = socket.remotePort ?? 0
  let buffered: Buffer = Buffer.alloc(0)
  let waiting = 0
  let silent = 0
  let ended = false

  const send = (answer: Buffer): boolean => {
    if (!socket.writable) return false
    const frame = Buffer.allocUnsafe(2 + answer.length)
    frame.writeUInt16BE(answer.length)
    answer.copy(frame, 2)
    return socket.write(frame) || true
  }
  const sendLater = (answer: Buffer): boolean => {
    waiting--
    const sent = send(answer)
    readOn()
    return sent
  }
  const mayRead = () => waiting + silent < tcpBounds.waiting && socket.writableLength < tcpBounds.unreadBytes && !socket.destroyed
  /** As many silent queries as there is room for: nothing will ever be read again. */
  const isMute = () => silent >= tcpBounds.waiting
  const readOn = () => {
    let at = 0
    while (mayRead() && buffered.length - at >= 2) {
      const length = buffered.readUInt16BE(at)
      if (length > tcpBounds.messageBytes) {
        responder.reject(`${length} bytes over TCP are more than ${tcpBounds.messageBytes}`, port)
        socket.destroy()
        return
      }
      if (buffered.length - at < 2 + length) break
      const message = buffered.subarray(at + 2, at + 2 + length)
      at += 2 + length
      let answered = false
      const peer = { transport: 'tcp' as const, port, send: (answer: Buffer) => (answered ? sendLater(answer) : send(answer)) }
      const answers = responder.receive(message, peer)
      if (answers === 'later') waiting++
      if (answers === 'never') silent++
      answered = true // what `receive` has not sent by now comes later
    }
    if (at > 0) buffered = buffered.subarray(at)
    if (mayRead()) socket.resume()
    else socket.pause()
    // The peer has said all it will (allowHalfOpen): close as soon as nothing more can be answered.
    if (ended && waiting === 0 && (buffered.length === 0 || isMute())) socket.end()
  }

  socket.setNoDelay(true)
  socket.setTimeout(tcpBounds.idleMs)
  socket.on('timeout', () => {
    if (waiting === 0 && (silent === 0 || isMute())) socket.destroy() // silence is kept up as long as the peer waits
  })
  socket.on('data', (chunk: Buffer) => {
    buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk])
    readOn()
  })
  socket.on('drain', readOn)
  socket.on('end', () => {
    ended = true
    buffered = wholeMessages(buffered)
    readOn()
  })
  socket.on('error', () => socket.destroy())
}

/** Drops an unfinished last message: the rest of it will never come. */
function wholeMessages(buffered: Buffer): Buffer {
  let end = 0
  while (buffered.length - end >= 2) {
    const next = end + 2 + buffered.readUInt16BE(end)
    if (next > buffered.length) break
    end = next
  }
  return buffered.subarray(0, end)
}
