import type { Micros } from './protocol.ts'

/**
 * The wall clock's time at `performance.now() === 0`, ms. Node reads the two clocks one after the other for `timeOrigin`,
 * and a process that is interrupted in between is off for life (25 ms were seen under load). Each look at `Date.now()`
 * between two at `performance.now()` gives bounds; a `timeOrigin` outside of them is replaced by their middle.
 */
function originMs(): number {
  let least = Number.NEGATIVE_INFINITY
  let most = Number.POSITIVE_INFINITY
  for (let look = 0; look < 8; look++) {
    const before = performance.now()
    const wall = Date.now() // whole milliseconds: the truth is up to one later
    const after = performance.now()
    least = Math.max(least, wall - after)
    most = Math.min(most, wall + 1 - before)
  }
  const { timeOrigin } = performance
  return timeOrigin >= least && timeOrigin <= most ? timeOrigin : (least + most) / 2
}

const originUs = Math.round(originMs() * 1000)

/** Wall-clock time in whole microseconds since 1970, from the monotonic clock: it never steps back within a process. */
export const nowUs = (): Micros => originUs + Math.round(performance.now() * 1000)
