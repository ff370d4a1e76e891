/**
 * From text to plain data, by the part of YAML that a scenario needs: maps with text keys, lists and scalars, written out
 * once. Anchors and aliases, merge keys, tags, directives and further documents are refused with their place.
 */
import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type Node,
  type Pair,
  type ParsedNode,
  Parser,
} from 'yaml'
import type { Path, Problem, TextProblem } from './problems.ts'
import { onePerLine, syntaxProblem } from './syntax.ts'

/** A parsed file: its data, and where each part of it stands in the text. */
export interface SourceDocument {
  readonly value: unknown
  /** The text range of the node nearest to a path. */
  rangeOf(path: Path, at: Problem['at']): readonly [number, number]
}
export type ReadDocument = { readonly document: SourceDocument } | { readonly problems: readonly TextProblem[] }

/** Deeper than any scenario. The parser's own memory grows with the depth, so this is watched while it reads. */
const maxDepth = 48
/** Words, signs and line ends: the longest sound scenario has a third of this. It bounds the time that reading takes. */
const maxLexemes = 40_000
const maxSyntaxProblems = 20

/** Reads one YAML document. Never throws for bad input. */
export function readDocument(text: string): ReadDocument {
  const tokens = tokensOf(text)
  if (!Array.isArray(tokens)) return { problems: [tokens] }
  const problems: TextProblem[] = []
  const documents: Document<ParsedNode>[] = []
  for (const document of new Composer({ uniqueKeys: false, merge: false, prettyErrors: false }).compose(tokens)) {
    documents.push(document as Document<ParsedNode>)
    if (documents.length === 2) break
  }
  const [document, second] = documents
  const directive = tokens.find((token) => token.type === 'directive')
  if (directive)
    problems.push({ offset: directive.offset, length: 1, message: 'a scenario needs no directive: delete this line' })
  const errors = document?.errors.slice(0, maxSyntaxProblems) ?? []
  for (const error of errors) problems.push(...syntaxProblem(error, text))
  if (second) {
    const [offset] = second.contents?.range ?? second.range ?? [0]
    problems.push({ offset, length: 1, message: 'a file holds one scenario: a second document begins here (after `---`)' })
  }
  if (problems.length > 0) return { problems: onePerLine(problems, text) }
  const contents = document?.contents ?? null
  if (contents === null || (isScalar(contents) && contents.value === null)) {
    return {
      problems: [
        { offset: 0, length: 1, message: 'this file is empty: a scenario has title, servers, dns and steps', help: skeleton },
      ],
    }
  }
  const value = plainData(contents, problems)
  if (problems.length > 0) return { problems }
  return { document: { value, rangeOf: (path, at) => rangeOf(contents, path, at) } }
}

const skeleton =
  'the shortest one: title: …, servers: [127.0.0.1], dns: { ha.lab.test: { A: [127.0.0.1] } }, steps: [- request: …]'

/** The tokens of the text, or where it goes too deep. */
function tokensOf(text: string): CST.Token[] | TextProblem {
  const parser = new Parser()
  const tokens: CST.Token[] = []
  let lexemes = 0
  for (const lexeme of new Lexer().lex(text)) {
    if (++lexemes > maxLexemes) {
      return {
        offset: parser.offset,
        length: 1,
        message: 'this is more than any scenario holds (200 steps): is something repeated?',
      }
    }
    for (const token of parser.next(lexeme)) tokens.push(token)
    if (parser.stack.length > maxDepth) {
      return {
        offset: parser.offset - lexeme.length,
        length: 1,
        message: 'this is nested deeper than any scenario: is a bracket not closed?',
      }
    }
  }
  for (const token of parser.end()) tokens.push(token)
  return tokens
}

/** The node as plain data; what a scenario does not take is reported. Depth is bounded already. */
function plainData(node: Node | null, problems: TextProblem[]): unknown {
  if (node === null) return null
  const [offset, end] = node.range ?? [0, 1]
  const refuse = (message: string, help?: string): undefined =>
    void problems.push({ offset, length: Math.max(1, end - offset), message, help })
  if (isAlias(node)) return refuse(`aliases are not read here: write what \`*${node.source}\` stands for`)
  if (node.tag !== undefined)
    return refuse(
      `tags such as ${node.tag.startsWith('tag:') ? `!!${node.tag.split(':').at(-1)}` : node.tag} are not read here: delete the tag`,
    )
  if (isScalar(node)) return node.value
  if (isSeq<Node>(node)) return node.items.map((item) => plainData(item, problems))
  if (!isMap<Node, Node | null>(node)) return refuse('this is neither a value, a list nor a map')
  const entries = new Map<string, unknown>()
  for (const { key, value } of node.items) {
    const name = keyOf(key, entries, problems)
    const data = plainData(value ?? null, problems)
    if (name !== undefined) entries.set(name, data)
  }
  return Object.fromEntries(entries)
}

function keyOf(key: Node | null, entries: ReadonlyMap<string, unknown>, problems: TextProblem[]): string | undefined {
  const [offset, end] = key?.range ?? [0, 1]
  const refuse = (message: string): undefined => void problems.push({ offset, length: Math.max(1, end - offset), message })
  if (key === null || !isScalar(key)) return refuse('a key is a word here, not a list, a map or an alias')
  const { value, source } = key
  if (typeof value !== 'string')
    return refuse(
      `a key is a word here; this is ${value === null ? 'empty' : `the ${typeof value} ${source}: put it in "quotes" if it is meant`}`,
    )
  if (value === '<<') return refuse('merge keys (`<<`) are not read here: write the keys out')
  if (value === '__proto__') return refuse('`__proto__` is no key of a scenario')
  if (entries.has(value)) return refuse(`\`${value}\` is given twice in this map: keep one`)
  return value
}

function rangeOf(contents: Node, path: Path, at: Problem['at']): readonly [number, number] {
  let node: Node | null = contents
  let range: readonly [number, number] = contents.range ? [contents.range[0], contents.range[1]] : [0, 1]
  for (const [depth, key] of path.entries()) {
    let next: Node | null | undefined
    if (isMap<Node, Node | null>(node)) {
      const pair: Pair<Node, Node | null> | undefined = node.items.find(
        (item) => isScalar(item.key) && item.key.value === String(key),
      )
      if (!pair) break
      const isLast = depth === path.length - 1
      // An empty value has a place, but nothing to see there: show its key.
      const empty = isScalar(pair.value) && pair.value.range && pair.value.range[0] === pair.value.range[1]
      if (isLast && (at === 'key' || !pair.value || empty)) next = pair.key
      else next = pair.value
    } else if (isSeq<Node>(node)) next = node.items[Number(key)]
    if (!next?.range) break
    node = next
    range = [next.range[0], next.range[1]]
  }
  return range
}
