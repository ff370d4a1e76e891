/** Every DNS fault and what it makes of an answer. */
import type { DnsFault } from '../unit/protocol.ts'
import type { Rcode } from './parameters.ts'

export type FaultEffect =
  /** No answer; a TCP connection stays open. */
  | { readonly kind: 'silence' }
  /** UDP: TC and no records. TCP: the answer as it would have been. */
  | { readonly kind: 'truncation' }
  /** Another answer, without records. `authoritative`: the zone says so (AA, and SOA for negative caching, RFC 2308 §3). */
  | { readonly kind: 'response'; readonly rcode: Rcode; readonly authoritative: boolean }

export const faultEffects: Readonly<Record<DnsFault, FaultEffect>> = {
  silent: { kind: 'silence' },
  truncated: { kind: 'truncation' },
  formerr: { kind: 'response', rcode: 'FORMERR', authoritative: false },
  servfail: { kind: 'response', rcode: 'SERVFAIL', authoritative: false },
  nxdomain: { kind: 'response', rcode: 'NXDOMAIN', authoritative: true },
  notimp: { kind: 'response', rcode: 'NOTIMP', authoritative: false },
  refused: { kind: 'response', rcode: 'REFUSED', authoritative: false },
  nodata: { kind: 'response', rcode: 'NOERROR', authoritative: true },
}

/** True for a word that names a fault. */
export const isFault = (word: string): word is DnsFault => Object.hasOwn(faultEffects, word)
