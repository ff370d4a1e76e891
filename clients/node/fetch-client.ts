import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { nowUs } from '../../unit/clock.ts'
import type { HttpClient } from './http-client.ts'
import type { ClientSettings } from './settings.ts'
import type { Emit, SocketWatch } from './sockets.ts'

/** What owns the connections of fetch: undici's Agent, of which Node shows the one in use but not the class. */
interface Dispatcher {
  close(): Promise<void>
  destroy(): Promise<void>
}
type DispatcherClass = new (options: object) => Dispatcher

/** Node's global fetch; what is set goes to an Agent of its own, as `setGlobalDispatcher` would have it. */
export function fetchClient(settings: ClientSettings, sockets: SocketWatch, emit: Emit): HttpClient {
  const { keepAlive, maxSockets, family, connectTimeoutMs } = settings
  const Agent = agentClass()
  const connect = {
    ...(family === undefined ? {} : { family }),
    ...(connectTimeoutMs === undefined ? {} : { timeout: connectTimeoutMs }),
  }
  const options = {
    ...(Object.keys(connect).length === 0 ? {} : { connect }),
    ...(maxSockets === undefined ? {} : { connections: maxSockets }),
    ...(keepAlive === false ? { pipelining: 0 } : {}), // undici's way to say that a connection is not kept
  }
  const pool = Object.keys(options).length === 0 ? undefined : new Agent(options)

  subscribe('undici:client:sendHeaders', (message) => {
    const { socket } = message as { socket: Socket }
    if (sockets.current !== undefined) sockets.use(socket, sockets.current)
  })
  subscribe('undici:request:headers', (message) => {
    const { response } = message as { response: { statusCode: number } }
    const progress = sockets.current
    if (progress === undefined || response.statusCode < 200) return
    progress.headReceived = true
    emit({ event: 'head-received', atUs: nowUs(), request: progress.request, status: response.statusCode })
  })

  return {
    async send({ url, method, fresh }, progress, signal) {
      const own = fresh ? new Agent({ ...options, pipelining: 0 }) : undefined
      const dispatcher = own ?? pool
      // Node accepts undici's `dispatcher` here; its types do not know that they are the same class.
      const init = { method, signal, ...(dispatcher === undefined ? {} : { dispatcher }) } as RequestInit
      try {
        const response = await fetch(url, init)
        progress.status = response.status // and no body, should it break off: text() keeps what has come
        return { status: response.status, body: await response.text() }
      } finally {
        await own?.destroy()
        // One turn of the event loop: called again at once, fetch finds the connection not yet free and opens another.
        await new Promise(setImmediate)
      }
    },
  }
}

/** Node's own undici sets its Agent under a well-known symbol as soon as it is loaded: `.2` since Node 24, `.1` before. */
function agentClass(): DispatcherClass {
  new Headers() // loads it
  for (const version of [2, 1]) {
    const dispatcher: unknown = Reflect.get(globalThis, Symbol.for(`undici.globalDispatcher.${version}`))
    if (typeof dispatcher === 'object' && dispatcher !== null) return dispatcher.constructor as DispatcherClass
  }
  throw new Error(`Node ${process.version} does not show the dispatcher of its fetch.`)
}
