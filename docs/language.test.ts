/** docs/language.md names everything the language has, and each example in the documentation is accepted by it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse, stringify } from 'yaml'
import { clients } from '../lab/clients.ts'
import { faults } from '../lab/faults/table.ts'
import { maxRequests, maxServers, maxSteps } from '../lab/scenario/check.ts'
import { errorKinds, expectation } from '../lab/scenario/expectation.ts'
import { formatProblems } from '../lab/scenario/frame.ts'
import { parseScenario } from '../lab/scenario/parse.ts'
import { requestStep, scenarioFile, stepSchemas } from '../lab/scenario/schema.ts'
import { dnsFaults, zoneEntry } from '../lab/scenario/zone.ts'
import { type Block, blocksOf, documents, fileNameOf, read, sectionOf } from './testing/markdown.ts'

const language = 'docs/language.md'
/** Words that a table of a section explains, in its first column. */
const explained = (heading: string): string[] =>
  [...sectionOf(language, heading).matchAll(/^\| (`[^|]*) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word),
  )
const sorted = (words: Iterable<string>): string[] => [...words].sort()

const tables: readonly (readonly [string, string, readonly string[]])[] = [
  ['key of a file', '## The file', Object.keys(scenarioFile.shape)],
  ['key of a name and fault of DNS', '## DNS', [...Object.keys(zoneEntry.in.shape), ...dnsFaults]],
  ['key of a request', '### request', Object.keys(requestStep.shape)],
  ['fault', '## Faults', Object.keys(faults)],
  ['expectation', '## Expectations', Object.keys(expectation.shape)],
]
for (const [what, heading, words] of tables) {
  test(`every ${what} is explained, and nothing else is`, () => assert.deepEqual(sorted(explained(heading)), sorted(words)))
}

test('every client can be found in the README and in the reference', () => {
  for (const text of [sectionOf('README.md', '## Clients and runtimes'), sectionOf(language, '## Clients')]) {
    assert.deepEqual(
      Object.keys(clients).filter((name) => !text.includes(`\`${name}\``)),
      [],
    )
  }
})

test('every verb has a place in the reference and in the README', () => {
  const places = [read(language), sectionOf('README.md', '## Write one')]
  for (const text of places)
    assert.deepEqual(
      Object.keys(stepSchemas).filter((verb) => !text.includes(`\`${verb}\``)),
      [],
    )
})

test('every expectation is in the README', () => {
  const text = sectionOf('README.md', '## Write one')
  assert.deepEqual(
    Object.keys(expectation.shape).filter((key) => !text.includes(`\`${key}\``)),
    [],
  )
})

test('every other key of a fault is explained in its row or below the table', () => {
  const section = sectionOf(language, '## Faults')
  for (const [verb, { schema }] of Object.entries(faults)) {
    const row = new RegExp(`^\\| \`${verb}\` \\|.*$`, 'm').exec(section)?.[0] ?? ''
    const below = section.slice(section.lastIndexOf('|\n'))
    const keys = Object.keys(schema.shape).filter((key) => key !== verb)
    assert.deepEqual(
      keys.filter((key) => !`${row}${below}`.includes(`\`${key}`)),
      [],
      verb,
    )
  }
})

test('every kind of error, outcome of an attempt and limit is named', () => {
  const text = read(language)
  assert.deepEqual(
    errorKinds.filter((kind) => !text.includes(`\`${kind}\``)),
    [],
  )
  assert.ok(text.includes(`At most ${maxServers} servers, ${maxSteps} steps, and ${maxRequests.toLocaleString('en')} requests`))
})

for (const block of documents.flatMap(blocksOf)) {
  if (block.language !== 'yaml') continue
  const name = fileNameOf(block)
  const place = `${block.file}:${block.line}`
  if (name?.startsWith('broken')) {
    test(`${place}: ${name} has problems, shown as they are printed`, () => {
      const parsed = parseScenario(block.text, name)
      assert.ok(!parsed.ok)
      const text = `${block.text}\n`
      const shown = blocksOf(block.file).find(({ language, line }) => language === 'console' && line > block.line)
      assert.equal(formatProblems(name, text, parsed.problems).trim(), shown?.text)
    })
  } else {
    test(`${place}: the YAML is a scenario or a part of one`, () => {
      const text = wholeScenario(block)
      const parsed = parseScenario(text, 'example')
      assert.ok(parsed.ok, parsed.ok ? '' : formatProblems(place, text, parsed.problems))
    })
  }
}

/** What a part of a scenario is put into to be a whole one. */
const rest = {
  title: 'An example',
  servers: ['127.0.0.1', '127.0.0.2', '127.0.0.3', '::1'],
  dns: { 'ha.lab.test': { A: ['127.0.0.1', '127.0.0.2'] } },
  steps: [{ request: 'http://ha.lab.test:1323/', expect: { status: 200 } }],
}

function wholeScenario({ text }: Block): string {
  const part: unknown = parse(text)
  if (Array.isArray(part)) return stringify({ ...rest, steps: part })
  const isWhole = typeof part === 'object' && part !== null && 'title' in part
  if (isWhole) return text
  const isZone = typeof part === 'object' && part !== null && Object.keys(part).every((key) => key.endsWith('.test'))
  return stringify({ ...rest, ...(isZone ? { dns: part } : (part as object)) })
}
