/** What the tests of the web server share: a server of this process, a server unit of its own, and an HTTP client. */
import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Address, ServerCommand, ServerFault } from '../unit/protocol.ts'
import { createApp } from './app.ts'
import { type Emitted, Servers } from './commands.ts'

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never
type Order = Without<Extract<ServerCommand, { id: number }>, 'id' | 'address'>
type Acknowledged = Extract<Emitted, { id: number }>

const boot = fileURLToPath(new URL('../lab/boot.cjs', import.meta.url))

/** The events that came so far, and those that will. */
export class Events {
  readonly all: Emitted[] = []
  readonly #arrivals = new EventEmitter().setMaxListeners(0)

  add(event: Emitted): void {
    this.all.push(event)
    this.#arrivals.emit('event')
  }

  /** Waits for an event, seen already or not. */
  async until(wanted: (event: Emitted) => boolean): Promise<Emitted> {
    while (true) {
      const found = this.all.find(wanted)
      if (found) return found
      await once(this.#arrivals, 'event')
    }
  }

  /** The names of the events of the connection from this port of the client's. */
  of(peerPort: number): string[] {
    return this.all.filter((event) => 'peerPort' in event && event.peerPort === peerPort).map(({ event }) => event)
  }

  count(name: Emitted['event']): number {
    return this.all.filter(({ event }) => event === name).length
  }
}

/** A server under test, in whichever process. */
export interface TestServer {
  readonly address: Address
  readonly port: number
  readonly events: Events
  /** Tells the server something and gives back its acknowledgement. */
  tell(order: Order): Promise<Acknowledged>
  inject(fault: ServerFault): Promise<Acknowledged>
  lift(kind: ServerFault['kind']): Promise<Acknowledged>
  close(): Promise<void>
}

/** Starts a server in this process, on a free port. */
export async function startServer(address: Address = '127.0.0.1', idleTimeoutMs = 0, seed = 1): Promise<TestServer> {
  const events = new Events()
  const servers = new Servers(createApp(), (event) => events.add(event))
  await servers.carryOut({ command: 'listen', address, port: 0, seed, idleTimeoutMs })
  const server = testServer(address, events, (command) => void servers.carryOut(command))
  return { ...server, close: async () => void (await server.tell({ command: 'stop' })) }
}

/** A server unit in a process of its own. */
export interface UnitProcess {
  readonly child: ChildProcess
  readonly events: Events
  /** Everything it wrote on standard error, so far. */
  errors(): string
  send(command: ServerCommand): void
}

export function startUnit(...args: string[]): UnitProcess {
  const child = spawn(process.execPath, [boot, 'server-unit', ...args], { stdio: 'pipe' })
  const events = new Events()
  let errors = ''
  createInterface({ input: child.stdout }).on('line', (line) => events.add(JSON.parse(line) as Emitted))
  child.stderr.on('data', (text: Buffer) => {
    errors += text
  })
  return { child, events, errors: () => errors, send: (command) => void child.stdin.write(`${JSON.stringify(command)}\n`) }
}

/** Starts a supervised server on a free port. */
export async function startSupervised(address: Address = '127.0.0.1'): Promise<TestServer & { readonly unit: UnitProcess }> {
  const unit = startUnit('supervised')
  unit.send({ command: 'listen', address, port: 0, seed: 1, idleTimeoutMs: 0 })
  await unit.events.until(({ event }) => event === 'listening')
  const close = async () => {
    if (unit.child.exitCode !== null || unit.child.signalCode !== null) return
    unit.child.stdin?.end()
    await once(unit.child, 'exit')
  }
  return { ...testServer(address, unit.events, unit.send), unit, close }
}

function testServer(address: Address, events: Events, send: (command: ServerCommand) => void): Omit<TestServer, 'close'> {
  let lastId = 0
  const tell = async (order: Order): Promise<Acknowledged> => {
    const id = ++lastId
    send({ ...order, id, address } as ServerCommand)
    return (await events.until((event) => 'id' in event && event.id === id)) as Acknowledged
  }
  const listening = events.all.find(({ event }) => event === 'listening')
  return {
    address,
    port: listening && 'port' in listening ? listening.port : 0,
    events,
    tell,
    inject: (fault) => tell({ command: 'inject', fault }),
    lift: (kind) => tell({ command: 'lift', kind }),
  }
}

export interface Response {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly localPort: number
  readonly reused: boolean
}

/** A pool that keeps one connection. */
export const pool = (): Agent => new Agent({ keepAlive: true, maxSockets: 1 })

/** Makes one request, on a connection of its own unless there is a pool. Rejects with the error Node's client reports. */
export function ask(
  server: Pick<TestServer, 'address' | 'port'>,
  options: { readonly agent?: Agent; readonly method?: string; readonly path?: string; readonly body?: string } = {},
): Promise<Response> {
  const { agent, method = 'GET', path = '/', body } = options
  return new Promise((resolve, reject) => {
    const sent = request({ host: server.address, port: server.port, agent: agent ?? false, method, path }, (response) => {
      const chunks: Buffer[] = []
      const { localPort = 0 } = response.socket
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const { statusCode: status = 0, headers } = response
        resolve({ status, headers, body: Buffer.concat(chunks).toString(), localPort, reused: sent.reusedSocket })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** Opens a bare TCP connection: the socket, or the code of the error. */
export function dial(server: Pick<TestServer, 'address' | 'port'>): Promise<Socket | string> {
  return new Promise((resolve) => {
    const socket = connect({ host: server.address, port: server.port })
    socket.once('connect', () => resolve(socket))
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  })
}

/** The code of the error that a request ends in; throws when it does not. */
export async function errorOf(response: Promise<Response>): Promise<string> {
  try {
    const { status } = await response
    throw new Error(`answered ${status}`)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
}
