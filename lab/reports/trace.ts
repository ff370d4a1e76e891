/** The trace of one request: DNS asked and answered, each attempt, the connection used, the outcome; with times from its start. */
import type { Micros } from '../../unit/protocol.ts'
import type { AttemptSeen, LookupSeen, QuerySeen, RequestSeen } from '../timeline/timeline.ts'
import { msText } from '../verdicts/checks.ts'
import type { Style } from './style.ts'

interface Row {
  readonly atUs: Micros
  readonly what: string
  readonly detail: string
}

/** A request with more events than this is a flood; the rest is counted. */
const shownRows = 100

export function traceRequest(request: RequestSeen, style: Style): string[] {
  const rows = [
    ...request.lookups.flatMap((lookup) => lookupRows(lookup, style)),
    ...request.queries.flatMap((query) => queryRows(query, style)),
    ...request.attempts.map((attempt) => attemptRow(attempt, style)),
    ...request.uses.map((use, i) => ({
      atUs: use.atUs,
      what: 'request',
      detail: `${i === 0 ? 'sent' : style.unsure(`sent again (${i + 1})`)} on ${use.reused ? `${style.word('reused')} connection` : 'new connection'} to ${bracketed(use.address)} ${style.dim(`(port ${use.localPort})`)}`,
    })),
    ...endRows(request, style),
  ].sort((a, b) => a.atUs - b.atUs)
  const shown = rows.slice(0, shownRows)
  const more = rows.length > shown.length ? [style.dim(`… and ${rows.length - shown.length} more events`)] : []
  const lines = shown.map(
    ({ atUs, what, detail }) => `${style.dim(offset(atUs - request.startedUs))}  ${what.padEnd(8)} ${detail}`,
  )
  return [...lines, ...more]
}

const offset = (us: number): string => `${(us / 1000).toFixed(1)} ms`.padStart(11)
const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address)

function lookupRows(lookup: LookupSeen, style: Style): Row[] {
  const start = { atUs: lookup.startedUs, what: 'lookup', detail: lookup.host }
  if (lookup.endedUs === undefined) return [start]
  const took = style.dim(`(${msText((lookup.endedUs - lookup.startedUs) / 1000)})`)
  const detail = lookup.error ? `${style.bad(lookup.error.kind)} ${took}` : `→ ${lookup.addresses.join(', ')} ${took}`
  return [start, { atUs: lookup.endedUs, what: 'lookup', detail }]
}

function queryRows({ atUs, name, type, transport, fault, answer }: QuerySeen, style: Style): Row[] {
  const asked = `${style.word(type.padEnd(4))} ${name}?${transport === 'tcp' ? ' over TCP' : ''}`
  if (!answer)
    return [{ atUs, what: 'dns', detail: `${asked} ${style.bad(fault === 'silent' ? 'no answer (silent)' : 'no answer yet')}` }]
  const tookMs = (answer.atUs - atUs) / 1000
  const records = answer.records.filter((record) => record.type === type || record.type === 'CNAME').map((record) => record.data)
  const said = answer.truncated
    ? style.unsure('truncated (TC)')
    : answer.rcode !== 'NOERROR'
      ? style.bad(answer.rcode)
      : records.length === 0
        ? style.dim('no data')
        : records.join(', ')
  // What the server was not told to hold back has its answer in the same line, also where a busy machine was slow.
  if (fault !== 'delayed') return [{ atUs, what: 'dns', detail: `${asked} → ${said}` }]
  return [
    { atUs, what: 'dns', detail: asked },
    {
      atUs: answer.atUs,
      what: 'dns',
      detail: `${style.word(type.padEnd(4))} → ${said} ${style.unsure(`${msText(tookMs)} late`)}`,
    },
  ]
}

function attemptRow({ startedUs, endedUs, address, port, outcome, message }: AttemptSeen, style: Style): Row {
  const colour = outcome === 'connected' ? style.good : outcome === 'given_up' ? style.unsure : style.bad
  const took = endedUs === undefined ? '' : style.dim(` after ${msText((endedUs - startedUs) / 1000)}`)
  const words = outcome === 'given_up' ? 'given up' : outcome.replace('_', ' ')
  const said = outcome === 'failed' && message ? style.dim(` (${message})`) : ''
  return {
    atUs: startedUs,
    what: 'connect',
    detail: `${`${bracketed(address)}:${port}`.padEnd(15)} ${colour(words)}${took}${said}`,
  }
}

function endRows(request: RequestSeen, style: Style): Row[] {
  const served = request.served.at(-1)
  const rows: Row[] = []
  if (request.endedUs === undefined) return rows
  if (request.error) {
    if (request.headUs !== undefined) rows.push({ atUs: request.headUs, what: 'response', detail: `head received` })
    rows.push({
      atUs: request.endedUs,
      what: 'error',
      detail: `${style.bad(request.error.kind)} ${style.dim(request.error.message)}`,
    })
    return rows
  }
  const from = served ? ` from ${bracketed(served.address)}${served.process > 1 ? ` process ${served.process}` : ''}` : ''
  const status =
    request.status !== undefined && request.status < 400 ? style.good(String(request.status)) : style.bad(String(request.status))
  rows.push({ atUs: request.endedUs, what: 'response', detail: `${status}${style.bold(from)}` })
  return rows
}
