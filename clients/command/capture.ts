/**
 * The packets of the lab, as a capture outside of this unit writes them: tcpdump needs capabilities that a unit does
 * not have. They come through a named pipe. To know that nothing is still on its way, a datagram is sent and waited for:
 * packets come in the order in which the kernel saw them.
 */
import { createSocket, type Socket as DatagramSocket } from 'node:dgram'
import { once } from 'node:events'
import { constants, openSync } from 'node:fs'
import { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { markerPort, type Packet, parsePacket } from './packets.ts'

/** A capture answers within a millisecond; markers are sent again in case the kernel had no room for one. */
const marker = { againMs: 250, deadlineMs: 5000, lengths: 1000 }
/** More packets than this in one request, and the client is flooding. */
const mostPackets = 20_000

export class Capture {
  readonly #socket: DatagramSocket
  #packets: Packet[] = []
  #lastWords = ''
  #failure: Error | undefined
  #marker = 0
  #onMarker: () => void = () => {}

  private constructor(path: string, socket: DatagramSocket) {
    this.#socket = socket
    const pipe = new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false })
    pipe.on('error', (error) => this.#fail(error.message))
    createInterface({ input: pipe })
      .on('line', (line) => this.#read(line))
      .on('close', () => this.#fail(`it has ended: ${this.#lastWords}`))
  }

  /** Opens the pipe; settles when packets are seen to arrive. */
  static async open(path: string): Promise<Capture> {
    const socket = createSocket('udp4').unref()
    socket.bind(markerPort, '127.0.0.1')
    await once(socket, 'listening')
    const capture = new Capture(path, socket)
    await capture.take()
    return capture
  }

  /** Every packet up to now that nobody has taken yet. Rejects if the capture has failed: then nothing is known. */
  async take(): Promise<readonly Packet[]> {
    this.#marker = (this.#marker % marker.lengths) + 1
    await new Promise<void>((resolve, reject) => {
      const send = () => this.#socket.send(Buffer.alloc(this.#marker), markerPort, '127.0.0.1')
      const again = setInterval(send, marker.againMs)
      const late = setTimeout(() => this.#fail(`no packet arrived for ${marker.deadlineMs / 1000} s`), marker.deadlineMs)
      this.#onMarker = () => {
        clearInterval(again)
        clearTimeout(late)
        if (this.#failure) reject(this.#failure)
        else resolve()
      }
      if (this.#failure) this.#onMarker()
      else send()
    })
    return this.#packets.splice(0)
  }

  #read(line: string): void {
    const packet = parsePacket(line)
    if (packet === undefined) this.#lastWords = line
    else if (packet.kind !== 'marker') {
      this.#packets.push(packet)
      if (this.#packets.length > mostPackets) this.#fail(`more than ${mostPackets} packets in one request`)
    } else if (packet.length === this.#marker) this.#onMarker()
  }

  #fail(why: string): void {
    this.#failure ??= new Error(`The packet capture failed: ${why}`)
    this.#onMarker()
  }
}
