/** What the end of a command says about the request: by its documented exit codes, and by what the packets showed. */
import { basename } from 'node:path'
import type { ClientError, ErrorKind } from '../../unit/protocol.ts'
import type { ConnectionSeen } from './connections.ts'
import type { LookupSeen } from './lookup-seen.ts'
import type { CommandEnd } from './run-command.ts'

/** What was seen of a request from outside. */
export interface Seen {
  readonly connections: readonly ConnectionSeen[]
  readonly lookup: LookupSeen
}

/**
 * `status`: the response came, and the program reports its status as a failure. `lookup`, `network`, `timeout`: the
 * program does not say more, the packets may. Kinds: it does.
 */
type Meaning = 'status' | 'lookup' | 'network' | 'timeout' | ErrorKind

/** curl(1), EXIT CODES; wget(1), EXIT STATUS. */
const documented: Readonly<Record<string, Readonly<Record<number, Meaning>>>> = {
  curl: { 6: 'lookup', 7: 'network', 18: 'body-incomplete', 22: 'status', 28: 'timeout', 52: 'closed', 55: 'reset', 56: 'reset' },
  wget: { 4: 'network', 8: 'status' },
}

/** The error of the request, or undefined if the command ended well. `seen` is undefined where packets cannot be seen. */
export function errorOf(program: string, end: CommandEnd, timeMs: number, seen: Seen | undefined): ClientError | undefined {
  const { code, signal, stopped, stderr } = end
  switch (stopped) {
    case 'timeout':
      return { kind: kindOf('timeout', seen), message: `still running after ${timeMs} ms, and killed`, code: 'timeout' }
    case 'flood':
      return { kind: 'other', message: 'wrote more than 16 MiB, and was killed' }
    case 'not-started':
      return { kind: 'other', message: stderr }
    case undefined:
      break
    default:
      return stopped satisfies never
  }
  const said = stderr.trim().split('\n').at(-1)?.trim() ?? ''
  if (signal) return { kind: kindOf(undefined, seen), message: said || `killed by ${signal}`, code: signal }
  if (code === 0 || code === null) return undefined
  const meaning = documented[basename(program)]?.[code]
  if (meaning === 'status') return undefined
  return { kind: kindOf(meaning, seen), message: said || `exit code ${code}`, code: `exit ${code}` }
}

function kindOf(meaning: Exclude<Meaning, 'status'> | undefined, seen: Seen | undefined): ErrorKind {
  switch (meaning) {
    case 'lookup':
      return seen?.lookup === 'found' ? 'dns-failure' : (seen?.lookup ?? 'other')
    case 'network':
      // A connect that fails without a packet has met no route (EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL).
      if (seen && seen.connections.length === 0 && (seen.lookup === 'found' || seen.lookup === undefined)) return 'unreachable'
      return seen ? kindByPackets(seen, false) : 'other'
    case 'timeout':
      return seen ? kindByPackets(seen, true) : 'other'
    case 'reset':
      return seen && seen.connections.at(-1)?.closed?.how !== 'reset' ? kindByPackets(seen, false) : 'reset'
    case undefined:
      return seen ? kindByPackets(seen, false) : 'other'
    default:
      return meaning
  }
}

function kindByPackets({ connections, lookup }: Seen, timedOut: boolean): ErrorKind {
  const connected = connections.filter(({ outcome }) => outcome === 'connected').at(-1)
  if (connected) {
    const { closed, gotBytes } = connected
    if (closed?.by === 'server' && closed.how === 'reset') return 'reset'
    if (closed?.by === 'server' && !gotBytes) return 'closed'
    return timedOut ? 'response-timeout' : 'other'
  }
  const last = connections.at(-1)
  if (last) return !timedOut && last.outcome === 'refused' ? 'connection-refused' : 'connect-timeout'
  if (lookup !== 'found' && lookup !== undefined) return timedOut ? 'dns-timeout' : lookup
  return 'other'
}
