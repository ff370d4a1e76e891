/** Node's own HTTP clients as a client under test: `http` with its agent, and the global `fetch`. */
import net from 'node:net'
import { type Channel, openChannel } from '../../unit/channel.ts'
import { nowUs } from '../../unit/clock.ts'
import type { ClientCommand, ClientEvent } from '../../unit/protocol.ts'
import { fetchClient } from './fetch-client.ts'
import { watchAttempts } from './guard.ts'
import { type HttpClient, httpClient, type Request } from './http-client.ts'
import { chooseResolver, replaceLookup } from './lookup.ts'
import { sendOne } from './send-one.ts'
import { type ClientSettings, readSettings, type Unable } from './settings.ts'
import { type Emit, SocketWatch } from './sockets.ts'
import { warmUp } from './warm-up.ts'

/** A client that has been started. */
interface Started {
  readonly client: HttpClient
  readonly sockets: SocketWatch
}

/** Runs the unit on standard input and output. */
export function main(_args: readonly string[]): void {
  // A lookup in one of libuv's threads would hold up an orderly exit until it has timed out, 10 s and more.
  process.on('exit', (code) => code === 0 && process.kill(process.pid, 'SIGKILL'))
  let started: Started | undefined
  openChannel<ClientCommand, ClientEvent>(async (command, channel) => {
    switch (command.command) {
      case 'start': {
        const settings = readSettings(command.settings, command.dnsServer, command.resolver)
        if ('reason' in settings) refuse(channel, settings)
        else started = await start(settings, channel)
        return
      }
      case 'request':
        if (started === undefined) throw new Error('A request came before a start that could be carried out.')
        await send(command, started, channel)
        return
      default:
        throw new Error(`Unknown command ${JSON.stringify(command satisfies never)}.`)
    }
  })
}

/** Runs what a start and a request run, for V8's code cache. */
export async function warm(): Promise<void> {
  const dnsServer = { address: '127.0.0.1', port: 1 }
  for (const api of ['http', 'fetch']) {
    const settings = readSettings({ api }, dnsServer)
    if (!('reason' in settings)) await warmUp(settings, newClient)
  }
}

async function start(settings: ClientSettings, channel: Channel<ClientEvent>): Promise<Started> {
  const { autoSelectFamily, autoSelectFamilyAttemptTimeoutMs } = settings
  if (autoSelectFamily !== undefined) net.setDefaultAutoSelectFamily(autoSelectFamily)
  if (autoSelectFamilyAttemptTimeoutMs !== undefined)
    net.setDefaultAutoSelectFamilyAttemptTimeout(autoSelectFamilyAttemptTimeoutMs)
  watchAttempts()
  await warmUp(settings, newClient)
  const emit = channel.emit
  const sockets = new SocketWatch(emit)
  replaceLookup(chooseResolver(settings), sockets, emit)
  const client = newClient(settings, sockets, emit)
  const { node, undici } = process.versions
  const version = settings.api === 'fetch' ? `${node} (undici ${undici})` : node
  emit({ event: 'ready', atUs: nowUs(), client: 'node', version, resolver: settings.resolver })
  return { client, sockets }
}

function newClient(settings: ClientSettings, sockets: SocketWatch, emit: Emit): HttpClient {
  return settings.api === 'fetch' ? fetchClient(settings, sockets, emit) : httpClient(settings, sockets, emit)
}

function refuse(channel: Channel<ClientEvent>, unable: Unable): void {
  channel.emit({ event: 'unable', atUs: nowUs(), ...unable })
  setImmediate(() => process.stdout.write('', () => process.exit(1)))
}

async function send(command: Request, { client, sockets }: Started, channel: Channel<ClientEvent>): Promise<void> {
  const { request } = command
  channel.emit({ event: 'request-started', atUs: nowUs(), request })
  const result = await sendOne(command, client, sockets)
  channel.emit({ event: 'request-ended', atUs: nowUs(), request, ...result })
}
