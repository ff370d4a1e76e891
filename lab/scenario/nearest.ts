/** The right word next to a wrong one. */

/** The allowed word that `word` most probably was meant to be, if one is close enough to be worth naming. */
export function nearest(word: string, allowed: Iterable<string>): string | undefined {
  if (word.length > 64) return undefined
  const given = plain(word)
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor((given.length + 1) / 3)) + 1
  for (const candidate of allowed) {
    const distance = editDistance(given, plain(candidate))
    // A word of two or three letters is near to everything: only its own first letter makes it the one meant.
    if (given.length <= 3 && candidate[0]?.toLowerCase() !== given[0]) continue
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best === word ? undefined : best
}

/** `` did you mean `connection`? ``, or nothing. */
export function didYouMean(word: string, allowed: Iterable<string>): string {
  const near = nearest(word, allowed)
  return near === undefined ? '' : `: did you mean \`${near}\`?`
}

/** `fallbackDelay`, `Fallback-Delay` and `fallback_delay` are the same word. */
const plain = (word: string): string => word.toLowerCase().replaceAll(/[-_ ]/g, '')

/** Damerau-Levenshtein distance (optimal string alignment): insert, delete, replace, or swap two neighbours. */
export function editDistance(a: string, b: string): number {
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const replace = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1)
      let distance = Math.min(replace, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1)
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        distance = Math.min(distance, (before[column - 2] ?? 0) + 1)
      }
      current.push(distance)
    }
    before = previous
    previous = current
  }
  return previous[b.length] ?? 0
}
