/** YAML's own errors, in words for someone who writes a scenario. */
import type { YAMLError } from 'yaml'
import type { TextProblem } from './problems.ts'

/** One of the parser's errors, where it began and what to do. */
export function syntaxProblem(error: YAMLError, text: string): TextProblem[] {
  const [offset, end] = error.pos
  const found = text.slice(offset, end).split('\n')[0] ?? ''
  const own = error.message.split('\n')[0] ?? ''
  const opened = (at: number, message: string): TextProblem[] => [{ offset: Math.max(0, at), length: 1, message }]
  const say = (message: string, help?: string): TextProblem[] => [{ offset, length: Math.max(1, end - offset), message, help }]
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return say('YAML does not take tabs for indentation: use spaces')
    case 'BAD_SCALAR_START':
      return say(`a value cannot begin with ${found[0] ?? 'this'} in YAML: put it in "quotes"`)
    case 'MULTILINE_IMPLICIT_KEY':
      return say(/\S:\S/.test(found) ? 'a colon needs a space after it: write `key: value`' : 'this line is no `key: value`')
    case 'BLOCK_AS_IMPLICIT_KEY':
      return say('two `key: value` on one line: put the second on a line of its own, or the value in { } or "quotes"')
    case 'BAD_INDENT':
      if (!/must be sufficiently indented and end with a/.test(own))
        return say('this line is indented differently from its neighbours')
      return opened(openBracket(text, offset), `this bracket is not closed: its ${own.slice(-1)} is missing`)
    case 'MISSING_CHAR':
      if (/closing ["']/.test(own)) return opened(text.lastIndexOf(own.includes('"') ? '"' : "'"), 'this quote is not closed')
      if (/end with a [\]}]/.test(own))
        return opened(openBracket(text, offset), `this bracket is not closed: its ${own.slice(-1)} is missing`)
      return say(lowerFirst(own))
    case 'UNEXPECTED_TOKEN':
      return say(
        found === ''
          ? lowerFirst(own)
          : 'this does not belong here: look at the indentation, and at brackets and quotes before it',
      )
    case 'MULTIPLE_DOCS':
    case 'BAD_ALIAS':
      return []
    default:
      return say(lowerFirst(own))
  }
}

/** The last bracket before `end` that nothing closes. */
function openBracket(text: string, end: number): number {
  let closed = 0
  for (let at = end - 1; at >= 0; at--) {
    if (text[at] === ']' || text[at] === '}') closed++
    else if ((text[at] === '[' || text[at] === '{') && closed-- === 0) return at
  }
  return end
}

const lowerFirst = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1)

/** One mistake upsets what follows on its line: the first problem of a line is the one to read. */
export function onePerLine(problems: readonly TextProblem[], text: string): TextProblem[] {
  const seen = new Set<number>()
  return [...problems]
    .sort((a, b) => a.offset - b.offset)
    .filter(({ offset }) => {
      const line = text.lastIndexOf('\n', Math.max(0, offset - 1))
      return seen.has(line) ? false : Boolean(seen.add(line))
    })
}
