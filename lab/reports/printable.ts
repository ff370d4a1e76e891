/** A client's own words on a terminal: what would move the cursor, colour the screen or break the line is made visible. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a terminal obeys
const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g

/** A copy of plain data with every text in it fit for one line of a terminal. */
export function printable<T>(value: T): T {
  if (typeof value === 'string') return value.replace(control, (run) => (/^[\r\n]+$/.test(run) ? ' ' : '\ufffd')) as T
  if (Array.isArray(value)) return value.map(printable) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, printable(part)])) as T
}
