/** The web server of `client-check`, on 127.0.0.1: remembers what it saw, so that a client's report can be compared. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

/** A request as the server saw it. */
export interface SeenRequest {
  readonly path: string
  readonly method: string
  readonly host: string
  readonly peerPort: number
  /** How many requests the connection had carried before. */
  readonly before: number
  /** Settles when the connection is closed. */
  readonly closed: Promise<void>
}

export interface LittleServer extends AsyncDisposable {
  readonly port: number
  /** A port of 127.0.0.1 that refuses: the near end of a connection holds it, and nothing listens. */
  readonly refusingPort: number
  readonly seen: readonly SeenRequest[]
}

/** Some kernels throw away what a client has not read yet when RST comes: the head, too. */
const pauseBeforeResetMs = 50

/** The body that a path is answered with. */
export const bodyOf = (path: string): string => `you asked for ${path}\n`.repeat(path.startsWith('/long') ? 1000 : 1)

export async function startLittleServer(): Promise<LittleServer> {
  const seen: SeenRequest[] = []
  const sockets = new Map<Socket, { carried: number; closed: Promise<void> }>()
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const { url: path = '', method = '', socket } = request
    const use = sockets.get(socket) ?? { carried: 0, closed: Promise.resolve() }
    seen.push({
      path,
      method,
      host: request.headers.host ?? '',
      peerPort: socket.remotePort ?? 0,
      before: use.carried,
      closed: use.closed,
    })
    use.carried += 1
    if (path.startsWith('/never')) return
    if (path.startsWith('/close')) return void socket.end()
    if (path.startsWith('/reset')) return void socket.resetAndDestroy()
    if (path.startsWith('/broken')) {
      response.writeHead(200, { 'content-length': 100 }).write(bodyOf(path), () => setImmediate(() => socket.end()))
      return
    }
    if (path.startsWith('/cut')) {
      const reset = () => setTimeout(() => socket.resetAndDestroy(), pauseBeforeResetMs)
      response.writeHead(200, { 'content-length': 100 }).write(bodyOf(path), reset)
      return
    }
    response.writeHead(path.startsWith('/busy') ? 503 : 200, { 'content-type': 'text/plain' }).end(bodyOf(path))
  })
  server.on('connection', (socket) => {
    sockets.set(socket, { carried: 0, closed: new Promise((resolve) => socket.once('close', () => resolve())) })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const holder = connect(port, '127.0.0.1')
  holder.on('error', () => {})
  await once(holder, 'connect')
  return {
    port,
    refusingPort: holder.localPort ?? 0,
    seen,
    async [Symbol.asyncDispose]() {
      holder.destroy()
      for (const socket of sockets.keys()) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
