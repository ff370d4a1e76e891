/** The DNS server: UDP and TCP on one address and port. */
import type { Address } from '../unit/protocol.ts'
import type { Responder } from './responder.ts'
import { TcpListener } from './tcp.ts'
import { UdpListener } from './udp.ts'

export interface StartedServer {
  readonly address: Address
  readonly port: number
  /** Closes both sockets and every connection. Safe twice. */
  stop(): Promise<void>
}

/** How often a free UDP port is tried whose TCP port another process holds. */
const freePortTries = 30

/** Listens on `port`, or for 0 on a port that is free for UDP and TCP alike. Rejects with the socket's own error. */
export async function startServer(address: Address, port: number, responder: Responder): Promise<StartedServer> {
  for (let tries = 1; ; tries++) {
    const udp = new UdpListener(address, responder)
    const tcp = new TcpListener(responder)
    const stop = async () => {
      responder.stop()
      await Promise.all([udp.stop(), tcp.stop()])
    }
    try {
      const bound = await udp.start(port, address)
      await tcp.start(bound, address)
      return { address, port: bound, stop }
    } catch (error) {
      await stop()
      const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
      if (port !== 0 || !isTaken || tries >= freePortTries) throw error
    }
  }
}
