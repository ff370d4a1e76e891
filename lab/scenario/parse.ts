/** From the text of a scenario file to a Scenario, or to every problem it has, each with its place. */
import { isMap, isScalar, LineCounter, parseDocument, type Document, type Node, type Pair } from 'yaml'
import type { z } from 'zod'
import { normalize } from './normalize.ts'
import type { Path, PlacedProblem, Problem } from './problems.ts'
import type { Scenario } from './scenario.ts'
import { scenarioFile } from './schema.ts'

export type Parsed = { readonly ok: true; readonly scenario: Scenario } | { readonly ok: false; readonly problems: readonly PlacedProblem[] }

/** Parses and checks one file; `name` is what the scenario is called from then on. Never throws for bad input. */
export function parseScenario(text: string, name: string): Parsed {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, strict: true })
  const place = (offset: number, length: number) => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1), length: Math.max(length, 1) }
  }
  if (document.errors.length > 0) {
    return {
      ok: false,
      problems: document.errors.map((error) => ({ path: [], at: 'value', message: error.message.split('\n')[0] ?? error.message, ...place(error.pos[0], error.pos[1] - error.pos[0]) })),
    }
  }
  const problems: Problem[] = []
  const report = (path: Path, message: string, at: Problem['at'] = 'value') => void problems.push({ path, message, at })
  const reportIssues = (base: Path, error: z.ZodError) => {
    for (const issue of error.issues) report([...base, ...(issue.path as (string | number)[])], issue.message)
  }
  const raw: unknown = document.toJS({ maxAliasCount: 0 })
  const parsed = scenarioFile.safeParse(raw)
  let scenario: Scenario | undefined
  if (!parsed.success) reportIssues([], parsed.error)
  else scenario = normalize(parsed.data, name, stepTexts(document), report, reportIssues)
  if (scenario && problems.length === 0) return { ok: true, scenario }
  return {
    ok: false,
    problems: problems.map((problem) => {
      const [start, end] = rangeOf(document, problem)
      return { ...problem, ...place(start, end - start) }
    }),
  }
}

/** Each step as it is written, on one line and without comments. */
function stepTexts(document: Document): string[] {
  const steps = document.get('steps') as { items?: readonly Node[] } | undefined
  return (steps?.items ?? []).map((item) => {
    const text = isMap(item) ? item.items.map((pair) => oneLine(pair)).join(', ') : String(item)
    return text.length > 120 ? `${text.slice(0, 119)}…` : text
  })
}

function oneLine(pair: Pair): string {
  const value = pair.value as { toJSON(): unknown } | null
  return `${String(pair.key)}: ${flow(value?.toJSON())}`
}

function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, entry]) => `${key}: ${flow(entry)}`)
    return `{ ${entries.join(', ')} }`
  }
  return String(value)
}

/** The text range of the node nearest to the problem's path. */
function rangeOf(document: Document, problem: Problem): readonly [number, number] {
  let node: unknown = document.contents
  let range: readonly [number, number] = [0, 1]
  for (const [depth, key] of problem.path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key))
      if (!pair) break
      const last = depth === problem.path.length - 1
      node = last && problem.at === 'key' ? pair.key : (pair.value ?? pair.key)
    } else node = (node as { items?: readonly unknown[] } | null)?.items?.[Number(key)]
    const found = (node as Node | null | undefined)?.range
    if (!found) break
    range = [found[0], found[1]]
  }
  return range
}
