/**
 * Nothing leaves this machine, whatever a hosts file, a DNS answer or a redirect names. A run that meets such an address
 * shows nothing, so the client says `unable`, with what the user has to change, and ends before it connects.
 */
import { subscribe } from 'node:diagnostics_channel'
import { writeSync } from 'node:fs'
import { BlockList, isIPv6, type Socket } from 'node:net'
import { nowUs } from '../../unit/clock.ts'
import type { ClientEvent } from '../../unit/protocol.ts'
import type { Emit } from './sockets.ts'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Of the addresses, the first that is not this machine's; `::ffff:127.0.0.1` is. */
export function outsideOf(addresses: readonly string[]): string | undefined {
  return addresses.find((address) => !loopback.check(address, isIPv6(address) ? 'ipv6' : 'ipv4'))
}

/** Says why a lookup's result is not connected to, and ends the process when that is written. */
export function refuseLookup(host: string, outside: string, emit: Emit): void {
  const unable = refusal(
    `${host} leads to ${outside}, which is not a loopback address, and it connects to no other`,
    "Find what gives it that address: /etc/hosts, or a DNS server that is not the lab's. A runtime with its own helps: --runtime netns.",
  )
  emit(unable)
  setImmediate(() => process.stdout.write('', () => process.exit(1))) // `emit` writes in the same phase, and earlier
}

/** Literal addresses, as a redirect can hold them, are not looked up: each attempt is announced before it connects. */
export function watchAttempts(): void {
  subscribe('net.client.socket', (message) => {
    const { socket } = message as { socket: Socket }
    socket.prependListener('connectionAttempt', (address: string, port: number) => {
      if (outsideOf([address]) === undefined) return
      const unable = refusal(
        `it is sent to ${address} port ${port}, which is not a loopback address, and connects to no other`,
        'Find what names that address: a redirect (Location) of a server.',
      )
      writeSync(1, `${JSON.stringify(unable)}\n`)
      process.exit(1) // at once: the next thing that Node does is to connect
    })
  })
}

function refusal(reason: string, remedy: string): Extract<ClientEvent, { event: 'unable' }> {
  writeSync(2, `${reason}. ${remedy.replace(/\.$/, '')}\n`) // the lab goes on after it
  return { event: 'unable', atUs: nowUs(), reason, remedy }
}
