/**
 * A command line in words, as a POSIX shell splits it (XCU §2.2): 'quoted', "quoted", with backslashes; no variables, no
 * patterns, no operators.
 */

const blank = /^[ \t\n]+/
const wordAtStart = /^(?:[^ \t\n"'\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")+/s
const quotes = /'(?<single>[^']*)'|"(?<double>(?:[^"\\]|\\.)*)"|\\(?<one>.)/gs
/** What a backslash says of itself within double quotes; before anything else it stands there as it is. */
const escapes = /\\(?<one>[$`"\\\n])/g

/** undefined if a quote stays open, or nothing comes after the last backslash. */
export function splitCommand(text: string): readonly string[] | undefined {
  const words: string[] = []
  for (let rest = text.replace(blank, ''); rest !== ''; ) {
    const [word] = wordAtStart.exec(rest) ?? []
    if (word === undefined) return undefined
    rest = rest.slice(word.length)
    if (rest !== '' && !blank.test(rest)) return undefined
    rest = rest.replace(blank, '')
    words.push(unquoted(word))
  }
  return words
}

function unquoted(word: string): string {
  const escaped = (character: string) => (character === '\n' ? '' : character) // a line that goes on
  return word.replace(quotes, (...match) => {
    const { single, double, one = '' } = match.at(-1) as { single?: string; double?: string; one?: string }
    return single ?? double?.replace(escapes, (_, character: string) => escaped(character)) ?? escaped(one)
  })
}
