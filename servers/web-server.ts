import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { nowUs } from '../unit/clock.ts'
import type { Address, ServerEvent, ServerFault } from '../unit/protocol.ts'
import type { App, Exchange } from './app.ts'
import { Connection, type Report } from './connection.ts'
import type { FaultInForce, FaultyServer } from './faults/fault.ts'
import { faults, putInForce } from './faults/table.ts'
import { authority, seeListener, seeNoListener } from './listen-row.ts'
import { Listener, type ListenHandle } from './listener.ts'
import { seeded } from './seeded.ts'

/** What a server is made from; a process that takes over gets the same with its own number. */
export interface ServerSettings {
  readonly address: Address
  readonly port: number
  readonly seed: number
  readonly idleTimeoutMs: number
  /** 1, and one more with each hot restart. */
  readonly process: number
}

/** The web server of one literal address. Each method resolves with what was looked at, or throws the reason why not. */
export class WebServer implements FaultyServer {
  readonly listener: Listener
  readonly report: Report
  readonly draw: () => number
  readonly #settings: ServerSettings
  readonly #app: App
  readonly #http: Server
  readonly #connections = new Map<Socket, Connection>()
  readonly #faults = new Map<ServerFault['kind'], FaultInForce>()

  constructor(settings: ServerSettings, app: App, emit: (event: ServerEvent) => void) {
    const { address, process } = settings
    this.#settings = settings
    this.#app = app
    this.draw = seeded(`${settings.seed} ${address} ${process}`)
    this.report = (event, atUs = nowUs()) => emit({ ...event, atUs, address, process } as ServerEvent) // listen-failed is not one of these
    this.listener = new Listener(address, settings.port, (socket) => this.#accept(socket))
    this.#http = createServer((request, response) => this.#receive(request, response))
    this.#http.keepAliveTimeout = 0 // the connection keeps this time itself: Node waits a second longer than it is told
  }

  /** Binds and listens, on a socket of its own or one taken over, and reports it. */
  async listen(inherited?: ListenHandle): Promise<void> {
    await this.listener.open(inherited)
    this.report({ event: 'listening', port: this.listener.port, pid: process.pid })
  }

  async inject(fault: ServerFault): Promise<string> {
    if (this.#faults.has(fault.kind)) await this.lift(fault.kind)
    const inForce = await putInForce(fault, this)
    this.#faults.set(fault.kind, inForce)
    return inForce.detail
  }

  async lift(kind: ServerFault['kind']): Promise<string> {
    const fault = this.#faults.get(kind)
    if (!fault) throw new Error(`${kind} is not in force on ${this.#where}.`)
    this.#faults.delete(kind)
    await fault.end()
    if (!fault.closesListener) return `${kind} is out of the faults of ${this.#where}`
    await this.listener.open()
    return seeListener(this.#settings.address, this.listener.port)
  }

  /** Stops listening and closes every connection with FIN. Faults of the listening socket end with it. */
  async stop(): Promise<string> {
    this.listener.close()
    for (const [kind, fault] of this.#faults) {
      if (!fault.closesListener) continue
      this.#faults.delete(kind)
      await fault.end()
    }
    const closed = await this.#finish([...this.#connections.values()])
    return `${await seeNoListener(this.#settings.address, this.listener.port)}; ${closed}`
  }

  async start(): Promise<string> {
    for (const [kind, fault] of this.#faults)
      if (fault.closesListener) throw new Error(`${kind} is in force on ${this.#where}: lift it.`)
    if (!this.listener.isOpen) await this.listen()
    return seeListener(this.#settings.address, this.listener.port)
  }

  closeIdle(): Promise<string> {
    return this.#finish([...this.#connections.values()].filter(({ underWay }) => underWay === 0))
  }

  /** Closes every connection with FIN, whoever listens. */
  drain(): Promise<string> {
    return this.#finish([...this.#connections.values()])
  }

  /** What a process needs that takes over: the settings as they are, and the faults in force. */
  get handover(): { readonly settings: ServerSettings; readonly faults: readonly ServerFault[] } {
    const inForce = [...this.#faults.values()].flatMap((fault) => fault.remaining() ?? [])
    return { settings: { ...this.#settings, port: this.listener.port }, faults: inForce }
  }

  get #where(): string {
    return authority(this.#settings.address, this.listener.port)
  }

  async #finish(connections: readonly Connection[]): Promise<string> {
    await Promise.all(connections.map((connection) => connection.finish()))
    return connections.length === 1 ? '1 connection closed' : `${connections.length} connections closed`
  }

  #accept(socket: Socket): void {
    const connection = new Connection(socket, this.report)
    this.#connections.set(socket, connection)
    socket.once('close', () => this.#connections.delete(socket))
    for (const fault of this.#faults.values()) if (fault.meetConnection?.(connection)) return
    this.#http.emit('connection', socket)
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#connections.get(request.socket)
    if (!connection) return
    const { peerPort } = connection
    const { method = '', url: path = '', headers } = request
    this.report({ event: 'request-received', peerPort, method, host: headers.host ?? '', path })
    connection.beginRequest()
    let sentAtUs = 0
    // Reported when it is written, dated just before: the client may have it before we hear that it is.
    response.once('finish', () => {
      connection.answered++
      this.report({ event: 'response-sent', peerPort, status: response.statusCode }, sentAtUs)
    })
    response.once('close', () => connection.endRequest(this.#settings.idleTimeoutMs))
    const answer = {
      status: 200,
      headers: { 'content-type': 'text/plain', server: 'failover-lab', ...this.#connectionHeaders(response) },
      body: `Hello from ${request.socket.localAddress} (process ${this.#settings.process})\n`,
    }
    const exchange: Exchange = {
      connection,
      request,
      response,
      answer,
      prepare: async () => {
        const verdict = await this.#meetFaults(exchange)
        sentAtUs = nowUs()
        return verdict
      },
    }
    this.#app.handle(exchange)
  }

  async #meetFaults(exchange: Exchange): Promise<'send' | 'cut'> {
    for (const kind of Object.keys(faults) as ServerFault['kind'][]) {
      if (exchange.connection.closing) return 'cut'
      if ((await this.#faults.get(kind)?.meetExchange?.(exchange)) === 'cut') return 'cut'
    }
    return exchange.connection.closing ? 'cut' : 'send'
  }

  /** The hint has whole seconds: below one it would be `timeout=0`, and clients would close at once. */
  #connectionHeaders(response: ServerResponse): Record<string, string> {
    const seconds = Math.floor(this.#settings.idleTimeoutMs / 1000)
    return seconds > 0 && response.shouldKeepAlive ? { connection: 'keep-alive', 'keep-alive': `timeout=${seconds}` } : {}
  }
}
