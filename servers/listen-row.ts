/**
 * What the system says about a listening socket. Linux lists it in /proc/self/net/tcp (tcp6) with state 0A, the
 * length of its accept queue as `rx_queue`, and its inode (proc_net_tcp(5)). Elsewhere a connect that is refused shows
 * that nobody listens.
 */
import { readFileSync } from 'node:fs'
import { connect, isIPv6 } from 'node:net'
import { endianness } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import type { Address } from '../unit/protocol.ts'

/** A socket in state LISTEN. */
export interface ListenRow {
  /** Connections that wait to be accepted. */
  readonly queued: number
  readonly inode: string
}

const deadlineMs = 1000

/** `127.0.0.1:1323`, `[::1]:1323`. */
export const authority = (address: Address, port: number): string =>
  isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`

/** The file that lists the sockets of this family. */
export const tableOf = (address: Address): string => `/proc/self/net/${isIPv6(address) ? 'tcp6' : 'tcp'}`

/** The LISTEN row of an address, undefined when there is none; `no-table` where the system keeps no such list. */
export function readListenRow(address: Address, port: number): ListenRow | undefined | 'no-table' {
  let table: string
  try {
    table = readFileSync(tableOf(address), 'utf8')
  } catch {
    return 'no-table'
  }
  return findListenRow(table, address, port)
}

/** As `readListenRow`, in the text of such a table. */
export function findListenRow(table: string, address: Address, port: number): ListenRow | undefined {
  const local = `${hexOf(address)}:${port.toString(16).toUpperCase().padStart(4, '0')}`
  for (const line of table.split('\n')) {
    const [, where, , state, queues = '', , , , , inode = ''] = line.trim().split(/\s+/)
    if (where === local && state === '0A') return { queued: Number.parseInt(queues.split(':')[1] ?? '0', 16), inode }
  }
  return undefined
}

/** Waits until nobody listens, and says what it looked at. */
export async function seeNoListener(address: Address, port: number): Promise<string> {
  const where = authority(address, port)
  const until = performance.now() + deadlineMs
  while (true) {
    const row = readListenRow(address, port)
    if (row === 'no-table') {
      if (await isRefused(address, port)) return `a connect to ${where} was refused`
    } else if (!row) return `no LISTEN row for ${where} in ${tableOf(address)}`
    if (performance.now() > until)
      throw new Error(`${where} is still listened on after ${deadlineMs} ms: another process holds it.`)
    await pause(2)
  }
}

/** Says where it was seen that somebody listens. */
export function seeListener(address: Address, port: number): string {
  const where = authority(address, port)
  const row = readListenRow(address, port)
  if (row === 'no-table') return `listen on ${where} succeeded`
  if (!row) throw new Error(`${where} has no LISTEN row in ${tableOf(address)} though listen succeeded.`)
  return `LISTEN row for ${where} in ${tableOf(address)}`
}

/** The address as the table writes it: hexadecimal, each 32-bit word in the machine's own byte order. */
function hexOf(address: Address): string {
  const bytes = isIPv6(address) ? bytesOfIPv6(address) : address.split('.').map(Number)
  const words: number[][] = []
  for (let i = 0; i < bytes.length; i += 4) words.push(bytes.slice(i, i + 4))
  return words
    .flatMap((word) => (endianness() === 'LE' ? word.reverse() : word))
    .map((byte) => byte.toString(16).toUpperCase().padStart(2, '0'))
    .join('')
}

/** The 16 bytes of an address in hexadecimal groups; `::1` is the only one of the lab. */
function bytesOfIPv6(address: Address): number[] {
  const [head = '', tail = ''] = address.split('::')
  const left = head.split(':').filter(Boolean)
  const right = tail.split(':').filter(Boolean)
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right]
  return groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255])
}

function isRefused(address: Address, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ host: address, port })
    const answer = (refused: boolean) => {
      probe.destroy()
      resolve(refused)
    }
    probe.once('connect', () => answer(false))
    probe.once('error', (error: NodeJS.ErrnoException) => answer(error.code === 'ECONNREFUSED'))
    probe.setTimeout(deadlineMs, () => answer(false))
  })
}
