import http from 'node:http'
import { nowUs } from '../../unit/clock.ts'
import type { ClientCommand } from '../../unit/protocol.ts'
import type { ClientSettings } from './settings.ts'
import type { Emit, Progress, SocketWatch } from './sockets.ts'

/** A `request` command. */
export type Request = Extract<ClientCommand, { command: 'request' }>
/** A response that came whole. */
export interface Response {
  readonly status: number
  readonly body: string
}
/** One of Node's own HTTP clients. */
export interface HttpClient {
  /** Sends one request and reads the whole response; rejects with the client's own error. */
  send(request: Request, progress: Progress, signal: AbortSignal): Promise<Response>
}

/** `http.request`, through the agent that every program uses unless it makes its own. */
export function httpClient(settings: ClientSettings, sockets: SocketWatch, emit: Emit): HttpClient {
  const { keepAlive, maxSockets, family, connectTimeoutMs } = settings
  // What http.globalAgent is made with, where a setting keeps from using it.
  const agentOptions = { keepAlive: keepAlive ?? true, scheduling: 'lifo', timeout: 5000 } as const
  const asItComes = keepAlive === undefined && maxSockets === undefined
  const pool = asItComes
    ? http.globalAgent
    : new http.Agent({ ...agentOptions, ...(maxSockets === undefined ? {} : { maxSockets }) })

  const exchange = (request: Request, agent: http.Agent, progress: Progress, signal: AbortSignal) =>
    new Promise<Response>((resolve, reject) => {
      let outcome: (() => void) | undefined // the first thing that happened counts
      const settle = (next: () => void) => {
        outcome ??= next
      }
      const { url, method } = request
      const sent = http.request(url, { method, agent, signal, ...(family === undefined ? {} : { family }) })
      sent.on('socket', (socket) => {
        sockets.use(socket, progress)
        if (connectTimeoutMs === undefined || !socket.connecting) return
        const timer = setTimeout(() => sent.destroy(connectTimeout(connectTimeoutMs)), connectTimeoutMs)
        for (const event of ['connect', 'close']) socket.once(event, () => clearTimeout(timer))
      })
      sent.on('response', (response) => {
        const status = response.statusCode ?? 0
        progress.headReceived = true
        progress.status = status
        emit({ event: 'head-received', atUs: nowUs(), request: request.request, status })
        response.setEncoding('utf8')
        response.on('data', (text: string) => {
          progress.body += text
        })
        response.on('end', () => settle(() => resolve({ status, body: progress.body })))
        response.on('error', (error) => settle(() => reject(error)))
      })
      sent.on('error', (error) => settle(() => reject(error)))
      // After the end and after the errors; a kept connection is back in the pool within this turn.
      sent.on('close', () =>
        setImmediate(() => (outcome ?? (() => reject(new Error('The request closed without a response.'))))()),
      )
      sent.end()
    })

  return {
    async send(request, progress, signal) {
      if (!request.fresh) return exchange(request, pool, progress, signal)
      const agent = new http.Agent({ keepAlive: false })
      try {
        return await exchange(request, agent, progress, signal)
      } finally {
        agent.destroy()
      }
    },
  }
}

/** http has no limit on connecting of its own: a program sets a timer and destroys the request, with an error of its own. */
function connectTimeout(limitMs: number): Error {
  return Object.assign(new Error(`not connected after ${limitMs} ms`), { code: 'ETIMEDOUT' })
}
