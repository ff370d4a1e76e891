/** What a client writes is checked before it enters the journal: it may be any program. */
import { z } from 'zod'
import type { ClientEvent, Micros } from '../../unit/protocol.ts'
import { LabError } from '../errors.ts'
import type { Recorder } from '../journal/recorder.ts'
import { errorKinds } from '../scenario/expectation.ts'

const id = z.int().min(0)
const atUs = z.number().min(0)
const port = z.int().min(0).max(65_535)
const clientError = z.object({ kind: z.enum(errorKinds), message: z.string(), code: z.string().optional() })

const shapes = {
  ready: z.object({ event: z.literal('ready'), atUs, client: z.string(), version: z.string(), resolver: z.string() }),
  unable: z.object({ event: z.literal('unable'), atUs, reason: z.string(), remedy: z.string().optional() }),
  'request-started': z.object({ event: z.literal('request-started'), atUs, request: id }),
  'lookup-started': z.object({ event: z.literal('lookup-started'), atUs, request: id, host: z.string() }),
  'lookup-ended': z.object({
    event: z.literal('lookup-ended'),
    atUs,
    request: id,
    host: z.string(),
    addresses: z.array(z.string()),
    error: clientError.optional(),
  }),
  'attempt-started': z.object({ event: z.literal('attempt-started'), atUs, request: id, attempt: id, address: z.string(), port }),
  'attempt-ended': z.object({
    event: z.literal('attempt-ended'),
    atUs,
    attempt: id,
    outcome: z.enum(['connected', 'refused', 'reset', 'unreachable', 'timed_out', 'given_up', 'failed']),
    message: z.string().optional(),
  }),
  'connection-used': z.object({
    event: z.literal('connection-used'),
    atUs,
    request: id,
    connection: id,
    reused: z.boolean(),
    address: z.string(),
    port,
    localPort: port,
  }),
  'head-received': z.object({ event: z.literal('head-received'), atUs, request: id, status: z.int() }),
  'request-ended': z.object({
    event: z.literal('request-ended'),
    atUs,
    request: id,
    status: z.int().optional(),
    body: z.string().optional(),
    error: clientError.optional(),
  }),
  'connection-closed': z.object({ event: z.literal('connection-closed'), atUs, connection: id }),
} satisfies Record<ClientEvent['event'], z.ZodType>

/** The event in a line, or what is wrong with it. */
export function parseClientEvent(line: string): { readonly event: ClientEvent } | { readonly wrong: string } {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return { wrong: 'is not JSON' }
  }
  const kind = typeof value === 'object' && value !== null && 'event' in value ? String(value.event) : undefined
  if (kind === undefined) return { wrong: 'is not an object with an `event`' }
  if (!Object.hasOwn(shapes, kind)) return { wrong: `is an unknown event "${kind}"` }
  const parsed = shapes[kind as ClientEvent['event']].safeParse(value)
  if (parsed.success) return { event: parsed.data as ClientEvent }
  const issue = parsed.error.issues[0]
  return { wrong: `is no proper ${kind}: ${issue?.path.join('.') || 'it'}: ${issue?.message ?? ''}` }
}

/** Two clocks of one machine, read by processes that may have to wait for a core. */
const clockSlackUs = 5_000_000

/** Parses a line of the client; one that is no event, or not of this run, breaks the run. */
export function readClientEvent(line: string, receivedAtUs: Micros, recorder: Recorder): ClientEvent | undefined {
  if (line.trim() === '') return undefined
  const parsed = parseClientEvent(line)
  const wrong = 'wrong' in parsed ? parsed.wrong : wrongTime(parsed.event.atUs, recorder.entries[0]?.atUs ?? 0, receivedAtUs)
  if ('event' in parsed && wrong === undefined) return parsed.event
  const shown = line.length > 80 ? `${line.slice(0, 79)}…` : line
  recorder.broken.abort(
    new LabError('CLIENT_BROKEN', `The client wrote a line that ${wrong}: ${JSON.stringify(shown)}`, {
      remedy: 'check it with `failover-lab client-check`',
    }),
  )
  return undefined
}

/** An event may be told long after it happened, but not before the run began, nor before it happens. */
function wrongTime(atUs: Micros, startedUs: Micros, receivedAtUs: Micros): string | undefined {
  const offUs = atUs < startedUs ? startedUs - atUs : atUs - receivedAtUs
  if (offUs <= clockSlackUs) return undefined
  return `gives a time ${(offUs / 1e6).toFixed(0)} s off (\`atUs\` is microseconds since 1970)`
}
