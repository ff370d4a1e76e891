/** What one request did, each thing with its stretch of time and its words: the trace and the page are both made of these. */
import type { Micros } from '../../unit/protocol.ts'
import type { AttemptSeen, LookupSeen, QuerySeen, RequestSeen, UseSeen } from '../timeline/timeline.ts'
import { msText } from '../verdicts/checks.ts'
import type { Style } from './style.ts'

export interface Span {
  readonly kind: 'lookup' | 'dns' | 'connect' | 'request' | 'response' | 'error'
  readonly startedUs: Micros
  /** Its start where it was a moment; undefined where it never ended. */
  readonly endedUs: Micros | undefined
  /** What was asked, tried or sent. */
  readonly subject: string
  /** What became of it. */
  readonly outcome: string
  /** More about the outcome, for the end of a line. */
  readonly detail: string
  readonly tone: 'good' | 'bad' | 'unsure' | 'plain'
  /** Where a fault held the answer back: the first words of a line of its own for the answer. */
  readonly heldBack?: string
}

/** In the order in which they began; what the client began after the request's end is marked. The texts of the request are taken as they are; the style is put around them. */
export function spansOf(request: RequestSeen, style: Style): Span[] {
  const within = [
    ...request.lookups.map((lookup) => lookupSpan(lookup, style)),
    ...request.queries.map((query) => querySpan(query, style)),
    ...request.attempts.map((attempt) => attemptSpan(attempt, style)),
    ...request.uses.map((use, i) => useSpan(use, i, request, style)),
    ...endSpans(request, style),
  ]
  const { lookups, attempts } = request.afterwards
  const afterwards = [
    ...lookups.map((lookup) => lookupSpan(lookup, style)),
    ...attempts.map((attempt) => attemptSpan(attempt, style)),
  ].map((span) => ({ ...span, detail: [span.detail, style.dim('after the end')].filter((part) => part !== '').join(' ') }))
  return [...within, ...afterwards].sort((a, b) => a.startedUs - b.startedUs)
}

const plainly = { detail: '', tone: 'plain' } as const
const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address)

function lookupSpan({ startedUs, endedUs, host, error, addresses }: LookupSeen, style: Style): Span {
  const outcome = endedUs === undefined ? '' : error ? style.bad(error.kind) : `→ ${addresses.join(', ')}`
  return { ...plainly, kind: 'lookup', startedUs, endedUs, subject: host, outcome, tone: error ? 'bad' : 'plain' }
}

function querySpan({ atUs, name, type, transport, fault, answer }: QuerySeen, style: Style): Span {
  const asked = style.word(type.padEnd(4))
  const subject = `${asked} ${name}?${transport === 'tcp' ? ' over TCP' : ''}`
  const span = { ...plainly, kind: 'dns', startedUs: atUs, endedUs: answer?.atUs, subject } as const
  if (!answer) return { ...span, outcome: style.bad(fault === 'silent' ? 'no answer (silent)' : 'no answer yet'), tone: 'bad' }
  const records = answer.records.filter((record) => record.type === type || record.type === 'CNAME').map((record) => record.data)
  const said = answer.truncated
    ? style.unsure('truncated (TC)')
    : answer.rcode !== 'NOERROR'
      ? style.bad(answer.rcode)
      : records.length === 0
        ? style.dim('no data')
        : records.join(', ')
  const tone = answer.rcode !== 'NOERROR' ? 'bad' : answer.truncated || fault === 'delayed' ? 'unsure' : 'plain'
  const answered: Span = { ...span, outcome: `→ ${said}`, tone }
  if (fault !== 'delayed') return answered
  return { ...answered, detail: style.unsure(`${msText((answer.atUs - atUs) / 1000)} late`), heldBack: asked }
}

function attemptSpan({ startedUs, endedUs, address, port, outcome, message }: AttemptSeen, style: Style): Span {
  const tone = outcome === 'connected' ? 'good' : outcome === 'given_up' ? 'unsure' : 'bad'
  return {
    ...plainly,
    kind: 'connect',
    startedUs,
    endedUs,
    subject: `${bracketed(address)}:${port}`,
    outcome: style[tone](outcome === 'given_up' ? 'given up' : outcome.replace('_', ' ')),
    detail: outcome === 'failed' && message ? style.dim(`(${message})`) : '',
    tone,
  }
}

/** Until something came back, the connection ended, or the request went out again. */
function useSpan(use: UseSeen, index: number, { uses, headUs, endedUs }: RequestSeen, style: Style): Span {
  const next = uses[index + 1]
  const ends = [use.closedUs, next ? next.atUs : (headUs ?? endedUs)].filter((us) => us !== undefined)
  return {
    ...plainly,
    kind: 'request',
    startedUs: use.atUs,
    endedUs: ends.length === 0 ? undefined : Math.min(...ends),
    subject: `${index === 0 ? 'sent' : style.unsure(`sent again (${index + 1})`)} on ${use.reused ? `${style.word('reused')} connection` : 'new connection'} to ${bracketed(use.address)}`,
    outcome: style.dim(`(port ${use.localPort})`),
  }
}

/** The head where it came, and how the request ended. */
function endSpans({ headUs, endedUs, error, status, served }: RequestSeen, style: Style): Span[] {
  if (endedUs === undefined) return []
  const ended = { ...plainly, startedUs: error ? endedUs : (headUs ?? endedUs), endedUs }
  if (error) {
    const head = headUs !== undefined && { ...plainly, startedUs: headUs, endedUs: headUs, subject: 'head received', outcome: '' }
    return [
      ...(head ? [{ ...head, kind: 'response' } as const] : []),
      { ...ended, kind: 'error', subject: style.bad(error.kind), outcome: style.dim(error.message), tone: 'bad' },
    ]
  }
  const server = served.at(-1)
  const from = server ? `from ${bracketed(server.address)}${server.process > 1 ? ` process ${server.process}` : ''}` : ''
  const tone = status !== undefined && status < 400 ? 'good' : 'bad'
  return [
    {
      ...ended,
      kind: 'response',
      subject: style[tone](status === undefined ? 'ended, with no status known' : String(status)),
      outcome: from && style.bold(from),
      tone,
    },
  ]
}
