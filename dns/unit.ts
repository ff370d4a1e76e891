/** The DNS server as a unit of the lab: commands on standard input, events on standard output (unit/protocol.ts). */
import { writeSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Channel, openChannel } from '../unit/channel.ts'
import { nowUs } from '../unit/clock.ts'
import type { AppliedEvent, DnsCommand, DnsEvent, FailedEvent, FlushedEvent } from '../unit/protocol.ts'
import { describeListenError } from './listen-error.ts'
import { Responder } from './responder.ts'
import { startServer } from './server.ts'
import { Zone } from './zone.ts'
import { ZoneError } from './zone-check.ts'
import { describeNames } from './zone-text.ts'

type Event = DnsEvent | AppliedEvent | FailedEvent | FlushedEvent

/** Runs the unit until its standard input closes. */
export function main(_args: readonly string[] = []): void {
  let zone: Zone | undefined
  let responder: Responder | undefined
  openChannel<DnsCommand, Event>(async (command, channel) => {
    switch (command.command) {
      case 'listen':
        if (zone) throw new Error('The DNS server is listening already: start another unit for another address.')
        zone = new Zone(command.seed, command.zone)
        responder = new Responder(zone, channel.emitLine)
        await listen(command.address, command.port, responder, channel)
        return
      case 'zone':
        if (!zone || !responder) throw new Error('The command "zone" came before "listen".')
        replace(zone, responder, command, channel)
        return
      case 'flush':
        if (responder) await readWhatHasCome(responder)
        channel.emit({ event: 'flushed', atUs: nowUs(), id: command.id })
        return
      default:
        throw new Error(`The DNS server has no command ${JSON.stringify(command satisfies never)}.`)
    }
  })
}

/** Loads and runs the code that every query needs, without a socket, so that its compiled form can be kept. */
export function warm(): void {
  const zone = new Zone(1, { 'ha.test': { A: { addresses: ['127.0.0.1', '127.0.0.2'] }, order: 'shuffled' } })
  const responder = new Responder(zone, () => {})
  const query = Buffer.from('000101000001000000000000026861047465737400', 'hex')
  for (const type of [1, 28]) {
    responder.receive(Buffer.concat([query, Buffer.from([0, type, 0, 1])]), { transport: 'udp', port: 1, send: () => true })
  }
}

async function listen(address: string, port: number, responder: Responder, channel: Channel<Event>): Promise<void> {
  try {
    const server = await startServer(address, port, responder)
    channel.emit({ event: 'listening', atUs: nowUs(), address, port: server.port })
  } catch (error) {
    writeSync(2, `${describeListenError(address, port, error)}\n`)
    process.exit(1)
  }
}

/**
 * Datagrams that arrived before this moment may still wait in the kernel, and libuv reads 32 of them a turn. Returns after
 * two turns of the event loop without a message; a client that never pauses is waited for up to `mostTurns`.
 */
async function readWhatHasCome(responder: Responder): Promise<void> {
  const mostTurns = 1000
  for (let turn = 0, quiet = 0; quiet < 2 && turn < mostTurns; turn++) {
    const before = responder.messages
    await nextTurn()
    quiet = responder.messages === before ? quiet + 1 : 0
  }
}

function replace(zone: Zone, responder: Responder, command: DnsCommand & { command: 'zone' }, channel: Channel<Event>): void {
  try {
    zone.replace(command.zone)
  } catch (error) {
    if (!(error instanceof ZoneError)) throw error
    channel.emit({ event: 'failed', atUs: nowUs(), id: command.id, reason: error.message.replaceAll('\n', '; ') })
    return
  }
  responder.forget()
  channel.emit({ event: 'applied', atUs: nowUs(), id: command.id, detail: describeNames(command.zone) })
}
