/** Judges the order of a client's events by themselves: no socket, no clock, only the lines. */
import type { ClientEvent } from '../../unit/protocol.ts'
import type { Mistake, OutputLine, Rule } from './rules.ts'

/** A line that is an event. */
export interface EventLine extends OutputLine {
  readonly event: ClientEvent
}

type EventOf<Kind extends ClientEvent['event']> = Extract<ClientEvent, { event: Kind }>
interface Attempt {
  readonly started: EventOf<'attempt-started'>
  outcome?: EventOf<'attempt-ended'>['outcome']
}
interface Connection {
  readonly ends: string
  closed: boolean
}

/** Every mistake in the order of the events. */
export function orderMistakes(lines: readonly EventLine[]): Mistake[] {
  const mistakes: Mistake[] = []
  const sendsAttempts = lines.some(({ event }) => event.event === 'attempt-started')
  const requests = new Map<number, 'open' | 'ended'>()
  const lookups = new Set<string>()
  const attempts = new Map<number, Attempt>()
  const connections = new Map<number, Connection>()
  let answered = false
  let lastUs = 0

  const attemptsOf = (request: number) => [...attempts.values()].filter(({ started }) => started.request === request)
  const stillOpen = (request: number) => attemptsOf(request).filter(({ outcome }) => outcome === undefined)

  const judge = (event: ClientEvent, broken: (rule: Rule, says: string) => void): void => {
    // What a client goes on with in the background belongs to the request that began it, also when that has ended.
    const mustBeOpen = (request: number, background: boolean) => {
      const state = requests.get(request)
      if (state === undefined) broken('request', `request ${request} has not started`)
      else if (state === 'ended' && !background) broken('request', `request ${request} has already ended`)
    }
    switch (event.event) {
      case 'ready':
        if (answered) broken('first', `a second answer to start`)
        answered = true
        return
      case 'unable': // also later: a request that must not go on ends the program
        answered = true
        return
      case 'request-started':
        if (requests.has(event.request)) broken('request', `request ${event.request} starts a second time`)
        requests.set(event.request, 'open')
        return
      case 'lookup-started':
        mustBeOpen(event.request, true)
        lookups.add(`${event.request} ${event.host}`)
        return
      case 'lookup-ended':
        mustBeOpen(event.request, true)
        if (!lookups.has(`${event.request} ${event.host}`)) broken('lookup', `no lookup of ${event.host} was started`)
        if (event.addresses.some((address) => /[[\]%]/.test(address)))
          broken('lookup', 'an address is written bare, without brackets or zone')
        return
      case 'attempt-started':
        mustBeOpen(event.request, true)
        if (attempts.has(event.attempt)) broken('attempt', `attempt ${event.attempt} starts a second time`)
        attempts.set(event.attempt, { started: event })
        return
      case 'attempt-ended': {
        const attempt = attempts.get(event.attempt)
        if (!attempt) broken('attempt', `attempt ${event.attempt} ends but never started`)
        else if (attempt.outcome) broken('attempt', `attempt ${event.attempt} ends a second time`)
        else attempt.outcome = event.outcome
        return
      }
      case 'connection-used': {
        mustBeOpen(event.request, false)
        const ends = `${event.localPort} to ${event.address} port ${event.port}`
        const known = connections.get(event.connection)
        if (known?.closed) broken('closed', `connection ${event.connection} is used after it was closed`)
        if (known && known.ends !== ends) broken('connection', `connection ${event.connection} was ${known.ends} before`)
        if (event.reused && !known) broken('connection', `connection ${event.connection} is called reused at its first use`)
        if (!known) connections.set(event.connection, { ends, closed: false })
        const connected = [...attempts.values()].some(
          ({ started, outcome }) => outcome === 'connected' && started.address === event.address && started.port === event.port,
        )
        if (sendsAttempts && !event.reused && !connected)
          broken('attempt', `the connection is used, but no attempt at ${event.address} port ${event.port} has connected`)
        return
      }
      case 'head-received':
        mustBeOpen(event.request, false)
        return
      case 'request-ended': {
        mustBeOpen(event.request, false)
        requests.set(event.request, 'ended')
        const [open] = stillOpen(event.request)
        if (open && (event.status !== undefined || event.error?.kind === 'connection-refused')) {
          broken('attempt', `attempt ${open.started.attempt} of the request has not ended`)
        }
        if (event.status === undefined && !event.error) broken('result', 'neither a status nor an error')
        return
      }
      case 'connection-closed': {
        const known = connections.get(event.connection)
        if (known?.closed) broken('closed', `connection ${event.connection} is closed a second time`)
        if (known) known.closed = true
        return
      }
      default:
        event satisfies never
    }
  }

  for (const line of lines) {
    const broken = (rule: Rule, says: string) => mistakes.push({ rule, says, line })
    if (!answered && line.event.event !== 'ready' && line.event.event !== 'unable')
      broken('first', `${line.event.event} comes before an answer to start`)
    if (line.event.atUs < lastUs) broken('clock', `${lastUs - line.event.atUs} µs before the line above it`)
    lastUs = Math.max(lastUs, line.event.atUs)
    judge(line.event, broken)
  }
  return mistakes
}
