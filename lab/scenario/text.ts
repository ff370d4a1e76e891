/** The text of a scenario file before it is YAML: its size, its encoding, its lines. */
import { isUtf8 } from 'node:buffer'
import type { PlacedProblem, TextProblem } from './problems.ts'

/** No scenario needs more; reading stays fast for any input. */
export const maxBytes = 256 * 1024

/** The text of a file's bytes, or why it is none. */
export function decodeScenario(bytes: Uint8Array): string | PlacedProblem {
  if (bytes.length > maxBytes) return atStart(sizeMessage())
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return atStart('this file is UTF-16: save it as UTF-8')
  }
  if (isUtf8(bytes)) return new TextDecoder().decode(bytes)
  let line = 1
  let start = 0
  for (;;) {
    const feed = bytes.indexOf(0x0a, start)
    const end = feed === -1 ? bytes.length : feed
    const part = bytes.subarray(start, end)
    if (!isUtf8(part) || feed === -1) {
      const column = Math.max(1, new TextDecoder('utf-8', { ignoreBOM: true }).decode(part).indexOf('\ufffd') + 1)
      return { path: [], at: 'value', line, column, length: 1, message: 'this byte is not UTF-8: save the file as UTF-8' }
    }
    line++
    start = end + 1
  }
}

/** What makes a text unfit to be read at all. */
export function textProblem(text: string): TextProblem | undefined {
  const bytes = text.length > maxBytes ? text.length : Buffer.byteLength(text)
  if (bytes > maxBytes) return { offset: 0, length: 1, message: sizeMessage(bytes) }
  const control = controlCharacter.exec(text)
  if (!control) return undefined
  const code = (control[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  return { offset: control.index, length: 1, message: `the control character U+${code} is not allowed in a scenario: delete it` }
}

// YAML 1.2 §5.1: what is not printable, a byte order mark that is not the first character, and lone surrogates.
const controlCharacter =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\u2028-\u202e\u2066-\u2069\ufffe\uffff]|(?<!^)\ufeff|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

/** `bytes`: where all of it was read. */
const sizeMessage = (bytes?: number): string =>
  `this file has ${bytes === undefined ? 'more' : `${Math.ceil(bytes / 1024)} KB`}: a scenario has at most ${maxBytes / 1024} KB`

const atStart = (message: string): PlacedProblem => ({ path: [], at: 'value', message, line: 1, column: 1, length: 1 })

/** Turns offsets into lines and columns, both from 1, always inside the text. */
export function placeIn(
  text: string,
): (offset: number, end: number) => { readonly line: number; readonly column: number; readonly length: number } {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  const lastInk = Math.max(0, text.trimEnd().length)
  return (offset, end) => {
    const from = Math.max(0, Math.min(offset, lastInk))
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] ?? 0) <= from) low = middle
      else high = middle - 1
    }
    const start = starts[low] ?? 0
    const lineEnd = starts[low + 1] === undefined ? text.length : (starts[low + 1] ?? 0) - 1
    const length = text.slice(from, Math.min(end, lineEnd)).trimEnd().length
    return { line: low + 1, column: from - start + 1, length: Math.max(1, length) }
  }
}
