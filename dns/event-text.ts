/** Events of the DNS server as lines for a person to read. */
import picocolors from 'picocolors'
import { wantsColor } from '../unit/color.ts'
import type { DnsAnswer, DnsEvent, Micros } from '../unit/protocol.ts'

const pc = picocolors.createColors(wantsColor(process.stdout, process.env))

/** One event, one line. */
export function describeEvent(event: DnsEvent): string {
  const time = pc.dim(clockTime(event.atUs))
  switch (event.event) {
    case 'listening':
      return `${time} listening on ${event.address} port ${event.port}`
    case 'query': {
      const question = `${number(event.query)} ${event.name || '.'} ${pc.bold(event.type)} ${pc.dim(event.transport)}`
      const fault = event.fault ? pc.yellow(` [${event.fault}]`) : ''
      if (event.answer) return `${time} ${question} → ${describeAnswer(event.answer)}${fault}`
      return `${time} ${question} → ${event.fault === 'silent' ? 'no answer' : 'later'}${fault}`
    }
    case 'answer':
      return `${time} ${number(event.query)} → ${describeAnswer(event.answer)}`
    case 'bad-message':
      return `${time} ${pc.red('bad message')} from port ${event.peerPort}: ${event.reason}${event.rcode ? ` → ${event.rcode}` : ''}`
    default:
      return event satisfies never
  }
}

const number = (query: number): string => pc.dim(`#${query}`)

function describeAnswer({ rcode, records, truncated }: DnsAnswer): string {
  if (rcode !== 'NOERROR') return pc.red(rcode)
  if (truncated) return pc.yellow('truncated: ask over TCP')
  if (records.length === 0) return pc.yellow('no data')
  return records.map(({ type, data }) => (type === 'A' || type === 'AAAA' ? pc.green(data) : `${type} ${data}`)).join(', ')
}

/** Local time of day with microseconds, from wall-clock microseconds. */
function clockTime(atUs: Micros): string {
  const seconds = new Date(atUs / 1000).toTimeString().slice(0, 8)
  return `${seconds}.${String(atUs % 1_000_000).padStart(6, '0')}`
}
