import type { Micros } from './protocol.ts'

const originUs = Math.round(performance.timeOrigin * 1000)

/** Wall-clock time in whole microseconds since 1970, from the monotonic clock: it never steps back within a process. */
export const nowUs = (): Micros => originUs + Math.round(performance.now() * 1000)
