/** A generator of numbers 0 ≤ x < 1 that gives the same row for the same key, on every machine (FNV-1a, then Mulberry32). */
export function seeded(key: string): () => number {
  let state = 0x811c9dc5
  for (const byte of Buffer.from(key)) state = Math.imul(state ^ byte, 0x01000193)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let x = Math.imul(state ^ (state >>> 15), state | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32
  }
}
