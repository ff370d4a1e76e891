/** The trace of one request: DNS asked and answered, each attempt, the connection used, the outcome; with times from its start. */
import type { Micros } from '../../unit/protocol.ts'
import type { RequestSeen } from '../timeline/timeline.ts'
import { msText } from '../verdicts/checks.ts'
import { type Span, spansOf } from './spans.ts'
import type { Style } from './style.ts'

interface Row {
  readonly atUs: Micros
  readonly what: string
  readonly text: string
}

/** A request with more events than this is a flood; the rest is counted. */
const shownRows = 100

export function traceRequest(request: RequestSeen, style: Style): string[] {
  const rows = spansOf(request, style)
    .flatMap((span) => rowsOf(span, style))
    .sort((a, b) => a.atUs - b.atUs)
  const shown = rows.slice(0, shownRows)
  const more = rows.length > shown.length ? [style.dim(`… and ${rows.length - shown.length} more events`)] : []
  const lines = shown.map(({ atUs, what, text }) => `${style.dim(offset(atUs - request.startedUs))}  ${what.padEnd(8)} ${text}`)
  return [...lines, ...more]
}

const offset = (us: number): string => `${(us / 1000).toFixed(1)} ms`.padStart(11)

/**
 * A lookup has a row for its start and one for its end; a response is told at its end. A query that the server was not told to hold back has its answer
 * in the same line, also where a busy machine was slow.
 */
function rowsOf({ kind, startedUs, endedUs, subject, outcome, detail, heldBack }: Span, style: Style): Row[] {
  const row = (atUs: Micros, ...parts: readonly string[]): Row => ({
    atUs,
    what: kind,
    text: parts.filter((part) => part !== '').join(' '),
  })
  const took = endedUs === undefined ? '' : msText((endedUs - startedUs) / 1000)
  if (kind === 'lookup')
    return [
      row(startedUs, subject, detail),
      ...(endedUs === undefined ? [] : [row(endedUs, outcome, style.dim(`(${took})`), detail)]),
    ]
  if (kind === 'connect')
    return [row(startedUs, subject.padEnd(15), outcome, ...(took === '' ? [] : [style.dim(`after ${took}`)]), detail)]
  if (heldBack !== undefined && endedUs !== undefined) return [row(startedUs, subject), row(endedUs, heldBack, outcome, detail)]
  return [row(kind === 'response' && endedUs !== undefined ? endedUs : startedUs, subject, outcome, detail)]
}
