/** LISTEN rows of a network namespace, from /proc/PID/net/tcp and tcp6 (Linux; elsewhere empty). */
import { readFile } from 'node:fs/promises'

const listenState = '0A'

/** As `address:port`, IPv6 in brackets. `pid`: any process in the namespace. */
export async function listenRows(pid: number | 'self'): Promise<string[]> {
  const tables = await Promise.all(['tcp', 'tcp6'].map((table) => readFile(`/proc/${pid}/net/${table}`, 'utf8').catch(() => '')))
  return tables.flatMap(parseListenRows)
}

/** The LISTEN rows in the text of such a table. */
export const parseListenRows = (table: string): string[] =>
  table
    .split('\n')
    .map((row) => row.trim().split(/\s+/))
    .filter((columns) => columns[3] === listenState)
    .map((columns) => toText(columns[1] ?? ''))

/** `0100007F:052B`, words in the machine's byte order. */
function toText(hex: string): string {
  const [addressHex = '', portHex = ''] = hex.split(':')
  const bytes = (addressHex.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse())
  const port = Number.parseInt(portHex, 16)
  if (bytes.length === 4) return `${bytes.map((byte) => Number.parseInt(byte, 16)).join('.')}:${port}`
  const isOne = bytes.slice(0, 15).every((byte) => byte === '00') && bytes[15] === '01'
  return `[${isOne ? '::1' : bytes.join('')}]:${port}`
}
