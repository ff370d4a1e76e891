/** The shape of an output: what stays when numbers, times, ports, addresses and seeds differ. */

/** The lines of an output without what differs from run to run and from machine to machine. */
export function shapeOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) =>
      line
        .replace(/\[?::1\]?(?=[:, )]|$)/g, '#')
        .replace(/\d+(?:\.\d+)*/g, '#')
        .replace(/# (?:ms|s)\b/g, '# t')
        .replace(/resolver (?:getaddrinfo|c-ares)/, 'resolver R')
        .replace(/runtime \w+/, 'runtime R')
        .replace(/connections? closed/, 'closed')
        .replace(/\s+/g, ' ')
        .trim(),
    )
    .filter((line) => line !== '')
}

/** Lines of `expected` that `seen` does not have (each as often). */
export function missingLines(expected: readonly string[], seen: readonly string[]): string[] {
  const left = [...seen]
  return expected.filter((line) => {
    const at = left.indexOf(line)
    if (at !== -1) left.splice(at, 1)
    return at === -1
  })
}
