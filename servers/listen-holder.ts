import { readdirSync, readlinkSync } from 'node:fs'
import type { Address } from '../unit/protocol.ts'
import { authority, readListenRow, tableOf } from './listen-row.ts'

interface Holder {
  readonly number: number
  readonly pid: number
}

/** Says where it was seen that `next` holds the listening socket and `old` does not; throws when it is otherwise. */
export function seeHolder(address: Address, port: number, next: Holder, old: Holder): string {
  const where = authority(address, port)
  const row = readListenRow(address, port)
  if (row === 'no-table') return `process ${next.number} listens on ${where}, process ${old.number} has closed the socket`
  if (!row) throw new Error(`${where} has no LISTEN row in ${tableOf(address)} after the hot restart.`)
  const link = `socket:[${row.inode}]`
  if (!holds(next.pid, link))
    throw new Error(`Process ${next.number} (pid ${next.pid}) does not hold the listening socket of ${where}.`)
  if (holds(old.pid, link))
    throw new Error(`Process ${old.number} (pid ${old.pid}) still holds the listening socket of ${where}.`)
  return `LISTEN socket of ${where} is in /proc/${next.pid}/fd (process ${next.number}), no more in /proc/${old.pid}/fd (process ${old.number})`
}

function holds(pid: number, link: string): boolean {
  const folder = `/proc/${pid}/fd`
  return readdirSync(folder).some((fd) => {
    try {
      return readlinkSync(`${folder}/${fd}`) === link
    } catch {
      return false // closed meanwhile
    }
  })
}
