/**
 * One generation of a supervised server: the process that holds sockets and serves. It is told what to do by its
 * supervisor over Node's IPC, and ends when that channel does.
 */
import type { SendHandle } from 'node:child_process'
import { writeSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { nowUs } from '../unit/clock.ts'
import type { Address, ServerCommand, ServerFault } from '../unit/protocol.ts'
import { createApp } from './app.ts'
import { type Emitted, Servers } from './commands.ts'
import type { ListenHandle } from './listener.ts'
import { type ServerSettings, WebServer } from './web-server.ts'

/** What a supervisor says: a server's commands, and those of a hot restart. Each with an `id` is answered with it. */
export type GenerationCommand =
  | ServerCommand
  /** Sends the listening socket as `given`, and goes on accepting. */
  | { readonly command: 'give'; readonly id: number; readonly address: Address }
  /** Comes with the socket: serve it. */
  | { readonly command: 'take'; readonly id: number; readonly settings: ServerSettings; readonly faults: readonly ServerFault[] }
  /** Stops accepting; open connections stay. */
  | { readonly command: 'retire'; readonly id: number; readonly address: Address }
  /** Closes every connection with FIN and ends. */
  | { readonly command: 'end'; readonly id: number }

export interface GivenEvent {
  readonly event: 'given'
  readonly id: number
  readonly settings: ServerSettings
  readonly faults: readonly ServerFault[]
}
export type GenerationEvent = Emitted | GivenEvent | { readonly event: 'ready' }

/** Serves as generation `number` until the supervisor says so, or is gone. */
export async function runGeneration(number: number): Promise<void> {
  process.on('disconnect', () => process.exit(0))
  const loading = createApp()
  const servers = new Servers(loading, (event) => void send(event), number)

  const carryOut = async (command: GenerationCommand, handle: ListenHandle | undefined): Promise<void> => {
    switch (command.command) {
      case 'give':
        return give(servers, command)
      case 'take':
        return servers.acknowledge(command.id, async () => {
          const server = new WebServer(command.settings, await loading, (event) => void send(event))
          for (const fault of command.faults) await server.inject(fault)
          await server.listen(handle)
          servers.add(command.settings.address, server)
          await nextTurn() // from now on the event loop waits for connections
          return `process ${number} accepts`
        })
      case 'retire':
        return servers.acknowledge(command.id, () => {
          servers.get(command.address).listener.close()
          return `process ${number} accepts no more`
        })
      case 'end': {
        const closed = await Promise.all(servers.all().map((server) => server.drain()))
        await send({ event: 'applied', atUs: nowUs(), id: command.id, detail: closed.join('; ') })
        return process.exit(0)
      }
      default:
        return servers.carryOut(command)
    }
  }

  let last: Promise<void> = Promise.resolve()
  process.on('message', (command: GenerationCommand, handle?: unknown) => {
    last = last.then(() => carryOut(command, handle as ListenHandle | undefined)).catch(die)
  })
  await loading
  await send({ event: 'ready' })
}

async function give(servers: Servers, { id, address }: Extract<GenerationCommand, { command: 'give' }>): Promise<void> {
  try {
    const server = servers.get(address)
    await send({ event: 'given', id, ...server.handover }, server.listener.handle)
  } catch (error) {
    await send({ event: 'failed', atUs: nowUs(), id, reason: error instanceof Error ? error.message : String(error) })
  }
}

/** Resolves when the message is on its way; in order. */
function send(event: GenerationEvent, handle?: ListenHandle): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected) process.exit(0)
    process.send?.(event, handle as SendHandle | undefined, undefined, () => resolve())
  })
}

async function die(error: unknown): Promise<never> {
  await nextTurn() // the events are out
  writeSync(2, `${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
