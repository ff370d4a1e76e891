/** For the tests of this folder: the unit as a process, a DNS server of a few lines, and servers that fail on request. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, isIPv6, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { ClientCommand, ClientEvent } from '../../unit/protocol.ts'

type Settings = Extract<ClientCommand, { command: 'start' }>['settings']
type Kind = ClientEvent['event']
type EventOf<K extends Kind> = Extract<ClientEvent, { event: K }>

const nodeClient = [process.execPath, fileURLToPath(new URL('../../lab/boot.cjs', import.meta.url)), 'client-node']

/** The unit, started as the lab starts it. */
export class TestUnit {
  readonly process: ChildProcess
  /** Called with each event as it comes. */
  onEvent: (event: ClientEvent) => void = () => {}
  readonly #events: ClientEvent[] = []
  #requests = 0
  #waiting: (() => void)[] = []
  #ended = false

  /** The Node client, or the client that these words start. */
  constructor(env: Readonly<Record<string, string>> = {}, words: readonly string[] = nodeClient) {
    const [file = '', ...args] = words
    this.process = spawn(file, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { PATH: process.env.PATH, ...env },
      cwd: new URL('.', import.meta.url),
    })
    const { stdout } = this.process
    if (stdout === null) throw new Error('The unit has no standard output.')
    createInterface({ input: stdout })
      .on('line', (line) => {
        const event: ClientEvent = JSON.parse(line)
        this.#events.push(event)
        this.onEvent(event)
        this.#wake()
      })
      .on('close', () => {
        this.#ended = true
        this.#wake()
      })
  }

  /** Starts the client; resolves with its answer. */
  start(
    settings: Settings,
    dnsServer: { address: string; port: number },
    resolver: { timeoutS?: number; attempts?: number } = {},
  ): Promise<EventOf<'ready' | 'unable'>> {
    this.write({ command: 'start', settings, dnsServer, resolver })
    return this.next('ready', 'unable')
  }

  /** Sends one request; resolves with all events up to its end that nobody has taken yet. */
  async request(url: string, options: { method?: string; timeoutMs?: number; fresh?: boolean } = {}): Promise<ClientEvent[]> {
    this.#requests += 1
    this.write({ command: 'request', request: this.#requests, url, method: 'GET', timeoutMs: 20_000, fresh: false, ...options })
    const request = this.#requests
    return this.#take((event) => event.event === 'request-ended' && event.request === request)
  }

  /** The next event of one of these kinds; those before it are dropped. */
  async next<K extends Kind>(...kinds: K[]): Promise<EventOf<K>> {
    const events = await this.#take(({ event }) => kinds.some((kind) => kind === event))
    return events.at(-1) as EventOf<K>
  }

  /** Closes the unit's input and waits for its end; safe twice. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return
    const exit = once(this.process, 'exit')
    this.process.stdin?.end()
    await exit
  }

  write(command: ClientCommand): void {
    this.process.stdin?.write(`${JSON.stringify(command)}\n`)
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  async #take(isLast: (event: ClientEvent) => boolean): Promise<ClientEvent[]> {
    for (;;) {
      const index = this.#events.findIndex(isLast)
      if (index >= 0) return this.#events.splice(0, index + 1)
      if (this.#ended) throw new Error(`The unit has ended; its last events: ${JSON.stringify(this.#events)}`)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }
}

/** The events of one kind, in order. */
export function only<K extends Kind>(events: readonly ClientEvent[], kind: K): EventOf<K>[] {
  return events.filter((event): event is EventOf<K> => event.event === kind)
}

/** What the attempts among these events came to: `['127.0.0.1 refused', …]`. */
export function attempts(events: readonly ClientEvent[]): string[] {
  return only(events, 'attempt-started').map(({ address, attempt }) => {
    const ends = only(events, 'attempt-ended').filter((end) => end.attempt === attempt)
    return [address, ...ends.map(({ outcome }) => outcome)].join(' ')
  })
}

/** Addresses by name, or what the server does instead of answering; any other name does not exist. */
export type TestZone = Record<string, readonly string[] | 'silent' | 'servfail'>

/** A DNS server on 127.0.0.1 that answers A and AAAA from a zone which may change. */
export async function startDns(zone: TestZone, port = 0) {
  const socket = createSocket('udp4')
  const queries: string[] = []
  socket.on('message', (query, peer) => {
    const end = query.indexOf(0, 12) + 5 // RFC 1035 §4.1.2: the name ends in a zero byte; type and class follow
    const name = readName(query)
    const type = query.readUInt16BE(end - 4)
    queries.push(`${name} ${type === 28 ? 'AAAA' : 'A'}`)
    const data = zone[name]
    if (data === 'silent') return
    const addresses = typeof data === 'object' ? data.filter((address) => isIPv6(address) === (type === 28)) : []
    const head = Buffer.from(query.subarray(0, end))
    const rcode = data === undefined ? 3 : data === 'servfail' ? 2 : 0
    head.writeUInt16BE(0x8400 | rcode, 2)
    head.writeUInt16BE(addresses.length, 6)
    head.writeUInt32BE(0, 8)
    socket.send(Buffer.concat([head, ...addresses.map((address) => record(address, type))]), peer.port, peer.address)
  })
  socket.bind(port, '127.0.0.1')
  await once(socket, 'listening')
  return { address: '127.0.0.1', port: socket.address().port, queries, stop: () => socket.close() }
}

function readName(query: Buffer): string {
  const labels: string[] = []
  for (let at = 12; query[at] !== 0; at += 1 + (query[at] ?? 0))
    labels.push(query.toString('latin1', at + 1, at + 1 + (query[at] ?? 0)))
  return labels.join('.').toLowerCase()
}

/** One RR whose name points to the question's, TTL 60; of IPv6 only ::1 is needed. */
function record(address: string, type: number): Buffer {
  const data = isIPv6(address) ? Buffer.from([...Array<number>(15).fill(0), 1]) : Buffer.from(address.split('.').map(Number))
  const head = Buffer.from([0xc0, 0x0c, 0, type, 0, 1, 0, 0, 0, 60, 0, data.length])
  return Buffer.concat([head, data])
}

/** A web server whose paths say how it fails; anything else is answered with the address that served. */
export async function startServer(address: string, port = 0) {
  let last: Socket | undefined
  const server = createServer((request, response) => {
    const { socket } = request
    switch (request.url) {
      case '/reset-before-head':
        return socket.resetAndDestroy()
      case '/close-before-head':
        return socket.destroy()
      case '/no-head':
        return
      case '/part-of-body':
        last = socket
        return response.writeHead(200, { 'content-length': '100' }).write('part')
      case '/long':
        return response.end(`x${'é'.repeat(50_000)}`)
      default:
        return response.end(socket.localAddress)
    }
  })
  server.keepAliveTimeout = 0
  server.listen(port, address)
  await once(server, 'listening')
  const stop = async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  /** Cuts the response of which only a part was sent. */
  const cut = (how: 'reset' | 'close') => (how === 'reset' ? last?.resetAndDestroy() : last?.end())
  return { port: (server.address() as AddressInfo).port, cut, closeIdle: () => server.closeIdleConnections(), stop }
}

/**
 * Swallows connections to one address: a listener that never accepts, its queue filled by two connections of its own, so
 * that Linux drops every further SYN. The worker is blocked, for Node would accept.
 */
export async function startBlackhole(address: string, port: number) {
  const source = `const { parentPort, workerData } = require('node:worker_threads')
    require('node:net').createServer().listen({ ...workerData, backlog: 1 }, () => {
      parentPort.postMessage('listening')
      setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0))
    })`
  const worker = new Worker(source, { eval: true, workerData: { host: address, port } })
  await once(worker, 'message')
  const fillers: Socket[] = []
  for (let count = 0; count < 2; count += 1) {
    const filler = connect(port, address)
    fillers.push(filler)
    await once(filler, 'connect')
  }
  return async () => {
    for (const filler of fillers) filler.destroy()
    await worker.terminate()
  }
}
