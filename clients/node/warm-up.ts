/**
 * Runs once, before `ready`, what the first request will run: code that V8 has not seen yet makes a first request up to
 * 10 ms slower than the second. It talks to a listener of its own on a port of its own, and reports nothing.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { HttpClient, Request } from './http-client.ts'
import { chooseResolver, replaceLookup } from './lookup.ts'
import { sendOne } from './send-one.ts'
import type { ClientSettings } from './settings.ts'
import { type Emit, SocketWatch } from './sockets.ts'

type NewClient = (settings: ClientSettings, sockets: SocketWatch, emit: Emit) => HttpClient

/** Must run before the client's own watch and lookup are in place: it has others, which are idle afterwards. */
export async function warmUp(settings: ClientSettings, newClient: NewClient): Promise<void> {
  const sockets = new SocketWatch(ignore)
  const client = newClient(settings, sockets, ignore)
  const server = createServer((_request, response) => response.end('warm')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  const port = typeof bound === 'object' ? bound?.port : undefined
  const addresses = [{ address: '127.0.0.1', family: 4 }]
  const restore = replaceLookup(async () => addresses, sockets, ignore)
  try {
    if (settings.resolver === 'c-ares') await warmUpResolver(settings)
    const request: Request = {
      command: 'request',
      request: 0,
      url: `http://warm-up.test:${port}/`,
      method: 'GET',
      timeoutMs: 1000,
      fresh: true,
    }
    await sendOne(request, client, sockets)
  } finally {
    restore()
    sockets.current = undefined
    server.close()
    server.closeAllConnections()
  }
}

async function warmUpResolver(settings: ClientSettings): Promise<void> {
  const socket = createSocket('udp4')
  socket.on('message', (query, peer) => {
    const answer = Buffer.from(query)
    answer[2] = 0x84 // RFC 1035 §4.1.1: QR and AA; the next byte's low half is RCODE 3, no such name
    answer[3] = 3
    socket.send(answer, peer.port, peer.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const resolve = chooseResolver({ ...settings, dnsServer: { address: '127.0.0.1', port: socket.address().port } })
  await resolve('warm-up.test', 0, {}).catch(ignore)
  socket.close()
}

function ignore(): void {}
