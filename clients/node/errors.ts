import type { AttemptOutcome, ClientError, ErrorKind } from '../../unit/protocol.ts'

/** How far a request had come when it failed: the same error means different things at different times. */
export interface Reached {
  readonly lookingUp: boolean
  readonly connectionUsed: boolean
  readonly headReceived: boolean
  /** The connection's own socket met a reset, as against an orderly close by the server. */
  readonly socketReset: boolean
  /** The limit on the whole request has passed. */
  readonly timedOut: boolean
}

const kinds: Readonly<Record<string, ErrorKind>> = {
  ECONNREFUSED: 'connection-refused',
  ECONNRESET: 'reset',
  ECONNABORTED: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EADDRNOTAVAIL: 'unreachable', // what connecting to ::1 gives when lo has lost it
  ETIMEDOUT: 'connect-timeout',
  UND_ERR_CONNECT_TIMEOUT: 'connect-timeout',
  UND_ERR_HEADERS_TIMEOUT: 'response-timeout',
  UND_ERR_BODY_TIMEOUT: 'response-timeout',
}
/** How http and fetch say that a connection ended too early; none of the codes tells a reset from an orderly close. */
const cutOff = ['ECONNRESET', 'UND_ERR_SOCKET', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'HPE_INVALID_EOF_STATE']

/** Puts an error of Node into the lab's words; the message stays Node's own. */
export function describeError(error: unknown, reached: Reached): ClientError {
  const code = findCode(error)
  return { kind: kindOf(error, code, reached), message: wordsOf(error), ...(code === undefined ? {} : { code }) }
}

function kindOf(error: unknown, code: string | undefined, reached: Reached): ErrorKind {
  if (reached.timedOut) return reached.connectionUsed ? 'response-timeout' : reached.lookingUp ? 'dns-timeout' : 'connect-timeout'
  if (code === undefined) return 'other'
  if (isLookupError(error)) return lookupKind(code)
  if (reached.connectionUsed && cutOff.includes(code))
    return reached.socketReset ? 'reset' : reached.headReceived ? 'body-incomplete' : 'closed'
  if (reached.connectionUsed && code === 'ETIMEDOUT') return 'response-timeout' // the kernel gave up sending
  const kind = kinds[code] ?? 'other'
  return kind === 'connect-timeout' && reached.lookingUp ? 'dns-timeout' : kind // a limit on connecting counts the lookup
}

/** c-ares reports ECONNREFUSED too, when the DNS server's port is closed: only `syscall` tells it from a connection. */
function lookupKind(code: string): ErrorKind {
  if (code === 'ENOTFOUND' || code === 'ENODATA') return 'name-not-found'
  if (code === 'ETIMEOUT') return 'dns-timeout'
  return 'dns-failure' // EAI_AGAIN, ESERVFAIL, EREFUSED, …
}

function isLookupError(error: unknown): boolean {
  return walk(error).some(({ syscall }) => typeof syscall === 'string' && /^(getaddrinfo|query)/.test(syscall))
}

function findCode(error: unknown): string | undefined {
  for (const { code } of walk(error)) if (typeof code === 'string') return code
  return undefined
}

interface Parts {
  readonly message?: unknown
  readonly code?: unknown
  readonly syscall?: unknown
  readonly cause?: unknown
  readonly errors?: unknown
}

/** The error, then what caused it or what it sums up, outermost first. */
function walk(error: unknown): Parts[] {
  if (typeof error !== 'object' || error === null) return []
  const parts: Parts = error
  return [parts, ...(Array.isArray(parts.errors) ? parts.errors.flatMap(walk) : []), ...walk(parts.cause)]
}

/** When every address failed, the error's own message is empty and the words are in the errors that it sums up. */
function wordsOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error)
  const { message, errors, cause }: Parts = error
  const inner = Array.isArray(errors) ? errors.map(wordsOf).join('; ') : ''
  return [message, inner, cause === undefined ? '' : wordsOf(cause)]
    .filter((words) => words !== '' && words !== undefined)
    .join(': ')
}

/** What became of a connection attempt that failed with this error. */
export function attemptOutcome(error: unknown): AttemptOutcome {
  const code = findCode(error)
  switch (code === undefined ? undefined : kinds[code]) {
    case 'connection-refused':
      return 'refused'
    case 'reset':
      return 'reset'
    case 'unreachable':
      return 'unreachable'
    default:
      return code === 'ETIMEDOUT' ? 'timed_out' : 'failed'
  }
}
