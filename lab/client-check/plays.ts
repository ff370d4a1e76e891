/** The requests that `client-check` has a client send, and what must come of each. */
import type { ErrorKind } from '../../unit/protocol.ts'
import type { LittleZone } from './little-dns.ts'
import { bodyOf } from './little-server.ts'

export interface Play {
  readonly name: string
  readonly host: string
  readonly path: string
  /** Sent to the port where nothing listens. */
  readonly refusing?: boolean
  readonly method?: string
  readonly fresh?: boolean
  readonly timeoutMs?: number
  /** Of the head that comes, also where the body breaks off. */
  readonly status?: number
  readonly body?: string
  /** Any of these is right. */
  readonly errorKinds?: readonly ErrorKind[]
}

export const zone: LittleZone = {
  'healthy.test': ['127.0.0.1'],
  'first-refuses.test': ['::1', '127.0.0.1'],
}

const answered = (path: string, status = 200) => ({ path, status, body: bodyOf(path) })

export const plays: readonly Play[] = [
  { name: 'a healthy server', host: 'healthy.test', ...answered('/first') },
  { name: 'the same server again', host: 'healthy.test', ...answered('/again') },
  { name: 'a fresh connection', host: 'healthy.test', fresh: true, ...answered('/fresh') },
  { name: 'the kept connection, after a fresh one', host: 'healthy.test', ...answered('/kept') },
  { name: 'a POST', host: 'healthy.test', method: 'POST', ...answered('/post') },
  { name: 'a long body', host: 'healthy.test', ...answered('/long') },
  { name: 'a server that says 503', host: 'healthy.test', ...answered('/busy', 503) },
  { name: 'a first address that refuses', host: 'first-refuses.test', ...answered('/second-address') },
  { name: 'every address refuses', host: 'healthy.test', path: '/', refusing: true, errorKinds: ['connection-refused'] },
  { name: 'a name that does not exist', host: 'nowhere.test', path: '/', errorKinds: ['name-not-found'] },
  { name: 'no head, but FIN', host: 'healthy.test', path: '/close', fresh: true, errorKinds: ['closed'] },
  { name: 'no head, but RST', host: 'healthy.test', path: '/reset', fresh: true, errorKinds: ['reset'] },
  {
    name: 'a body that ends too early, by FIN',
    host: 'healthy.test',
    path: '/broken',
    status: 200,
    errorKinds: ['body-incomplete'],
  },
  { name: 'a body that ends too early, by RST', host: 'healthy.test', path: '/cut', status: 200, errorKinds: ['reset'] },
  { name: 'a server that never answers', host: 'healthy.test', path: '/never', timeoutMs: 500, errorKinds: ['response-timeout'] },
  { name: 'a healthy server at last', host: 'healthy.test', ...answered('/last') },
]
