/** The words of a command line, with `{url}` and the like replaced by what one request needs. No shell is involved. */

/** What a placeholder can stand for. */
export interface RequestWords {
  readonly url: string
  readonly method: string
  readonly timeoutMs: number
}

const replacements: Readonly<Record<string, (request: RequestWords) => string>> = {
  '{url}': ({ url }) => url,
  '{method}': ({ method }) => method,
  '{timeout_s}': ({ timeoutMs }) => String(timeoutMs / 1000),
  '{timeout_ms}': ({ timeoutMs }) => String(timeoutMs),
  '{host}': ({ url }) => new URL(url).hostname.replace(/^\[|\]$/g, ''),
  '{port}': ({ url }) => new URL(url).port || '80',
}
const placeholder = /\{(?:url|method|timeout_s|timeout_ms|host|port)\}/g

/** Whether the command line asks for one of these, such as `{method}`. */
export const asksFor = (words: readonly string[], ...names: readonly string[]): boolean =>
  words.some((word) => names.some((name) => word.includes(name)))

/**
 * Fills in the placeholders; anything else in braces stays as it is. A word that is more than the placeholder may be a
 * program text (`sh -c '…'`, `python3 -c '…'`), and the URL comes from a file: there it can be nothing but a URL.
 */
export function fillIn(words: readonly string[], request: RequestWords): string[] {
  return words.map((word) =>
    word.replace(placeholder, (name) => {
      const value = replacements[name]?.(request) ?? name
      return word === name ? value : withoutSyntax(value)
    }),
  )
}

/** What a shell or a string literal would take for its own, percent-encoded; a URL means the same with it (nearly always). */
const withoutSyntax = (text: string): string =>
  text.replace(/[^\w.~:/?=%@,+[\]-]/gu, (character) => encodeURIComponent(character).replace(/[!'()*]/, hex))
const hex = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
