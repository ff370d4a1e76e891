/** Whatever is done to a scenario file, reading it ends at once, with a scenario or with problems inside the file. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { parse, stringify } from 'yaml'
import { formatProblems } from './frame.ts'
import { parseScenario } from './parse.ts'
import { fitsSchema } from './testing.ts'
import { maxBytes } from './text.ts'

const folder = new URL('../../scenarios/', import.meta.url)
const everything = `title: Everything at once
about: a line
clients: { go: , own: { client: node, api: fetch, keep_alive: false } }
servers: { 127.0.0.1: { idle_timeout: 5s }, 127.0.0.2: , "::1": }
resolver: { timeout: 1s, attempts: 2 }
dns:
  ha.lab.test: { A: [127.0.0.1, 127.0.0.2], AAAA: { sequence: [["::1"], []], delay: 20ms }, order: rotated, at_most: 2, ttl: 2s }
  alias.test: { CNAME: ha.lab.test }
steps:
  - hot_restart: 127.0.0.1
  - drain: 127.0.0.1
  - status: all
    code: 503
    rate: 1/2
  - lift: status
  - dns: { ha.lab.test: { A: servfail } }
  - request: http://alias.test:1323/a?b=c
    times: 2
    fresh: true
    expect:
      status: [200, { one_of: [200, 503] }]
      attempts: ["::1": given_up, connected]
      shares: { 127.0.0.1: 1/2, 127.0.0.2: 0.5 }
      tolerance: 0.2
    but: { own: { took: 1s.., queries: { A: 1..2 } } }
`
const shipped = readdirSync(folder).filter((file) => file.endsWith('.yaml'))
const sources = [everything, ...shipped.map((file) => readFileSync(new URL(file, folder), 'utf8'))]
const dataOf = new Map(sources.map((text) => [text, parse(text) as unknown]))

const odd = [
  '',
  ' ',
  '\n',
  '\t',
  ':',
  '- ',
  '[',
  ']',
  '{',
  '}',
  '"',
  "'",
  '#',
  '&a ',
  '*a',
  '!!x ',
  '<<: ',
  '---\n',
  '%',
  '|',
  '>',
  '? ',
  ', ',
  '\u0000',
  '\ud800',
  '\u2028',
  '😀',
  '~',
  '__proto__',
  'constructor',
  '::1',
  '0x7f',
  '1e999',
  '.nan',
  '-0',
]
const oddValues: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1e21,
  Number.NaN,
  '',
  'x',
  '127.0.0.1',
  '::ffff:1',
  [],
  {},
  [[]],
  [null],
  { toString: 1 },
  { one_of: [] },
  { constructor: { prototype: 1 } },
  'a'.repeat(300),
  '..',
  '1..',
  '1/0',
  'same',
  'all',
  'request',
]
const words = ['toString', 'constructor', 'hasOwnProperty', 'valueOf', 'request', 'expect', 'lift', 'dns', '127.0.0.1', 'A', 'x']

const cut = fc
  .tuple(
    fc.constantFrom(...sources),
    fc.array(fc.tuple(fc.nat(), fc.nat(12), fc.constantFrom(...odd)), { minLength: 1, maxLength: 4 }),
  )
  .map(([text, edits]) =>
    edits.reduce((spoilt, [at, length, insert]) => {
      const from = at % (spoilt.length + 1)
      return spoilt.slice(0, from) + insert + spoilt.slice(from + length)
    }, text),
  )
const rebuilt = fc
  .tuple(
    fc.constantFrom(...sources),
    fc.array(fc.tuple(fc.nat(), fc.constantFrom(...oddValues), fc.constantFrom(...words), fc.nat(3)), {
      minLength: 1,
      maxLength: 3,
    }),
  )
  .map(([text, edits]) => {
    const data = structuredClone(dataOf.get(text))
    for (const [pick, value, word, how] of edits) {
      const places = placesIn(data)
      const place = places[pick % places.length]
      if (!place) continue
      const { parent, key } = place
      const old = parent[key]
      if (how === 0) Reflect.deleteProperty(parent, key)
      else if (how === 1) parent[key] = value
      else if (how === 2)
        Reflect.defineProperty(parent, Array.isArray(parent) ? parent.length : word, {
          value: old,
          enumerable: true,
          configurable: true,
          writable: true,
        })
      else parent[key] = [old, old]
    }
    return stringify(data, { aliasDuplicateObjects: false })
  })

interface Place {
  readonly parent: Record<string | number, unknown>
  readonly key: string
}
function placesIn(data: unknown): Place[] {
  if (typeof data !== 'object' || data === null) return []
  return Object.entries(data).flatMap(([key, value]) => [{ parent: data as Place['parent'], key }, ...placesIn(value)])
}

function reads(text: string): void {
  const before = process.cpuUsage() // not the clock: others use the machine as well
  const parsed = parseScenario(text, 'mutant')
  const { user, system } = process.cpuUsage(before)
  assert.ok(user + system < 2_000_000, `took ${user + system} µs of processor time`)
  if (parsed.ok) {
    assert.ok(fitsSchema(parse(text)), `an editor refuses it: ${JSON.stringify(fitsSchema.errors)}\n${text}`)
    return
  }
  assert.ok(parsed.problems.length > 0)
  const lines = text.split('\n')
  for (const { line, column, length, message, help } of parsed.problems) {
    assert.ok(line >= 1 && line <= lines.length, `line ${line}: ${message}`)
    assert.ok(column >= 1 && column <= (lines[line - 1] ?? '').length + 1, `column ${line}:${column}: ${message}`)
    assert.ok(length >= 1 && Number.isInteger(length))
    assert.doesNotMatch(`${message} ${help ?? ''}`, /undefined|\[object|Invalid input|at .*\.ts:|NaN \(|function /)
    assert.ok(message.length > 10 && message.length < 500, message)
  }
  assert.doesNotMatch(formatProblems('x.yaml', text, parsed.problems), /\n {4}at /)
}

test('the sources of the mutants are sound', () => {
  for (const text of sources) assert.ok(parseScenario(text, 'x').ok, text)
})

test('3,000 files with pieces of text cut out and put in', () => {
  fc.assert(fc.property(cut, reads), { seed: 1323, numRuns: 3000 })
})

test('2,000 files with values replaced, deleted, moved and doubled', () => {
  fc.assert(fc.property(rebuilt, reads), { seed: 1323, numRuns: 2000 })
})

test('files of the largest size that are nothing but one thing', () => {
  const things = [
    '[',
    '{',
    '- ',
    '? ',
    'a: ',
    '&a ',
    '!a ',
    '"',
    ',',
    '[,',
    '\n',
    '#\n',
    '---\n',
    '%a\n',
    'a: ]\n',
    '{a: ',
    '- - [',
    '*a ',
    '| ',
    'a:\n ',
    "'",
    '\\',
    '日',
    '\t\n',
    'a,',
    '}',
    '-\n',
    ':\n',
    'x',
  ]
  for (const thing of things) reads(thing.repeat(Math.floor(maxBytes / Buffer.byteLength(thing))))
  reads(Array.from({ length: 20_000 }, (_, i) => `k${i}: 1`).join('\n'))
  reads(`${everything}${'  - stop: 127.0.0.9\n'.repeat(12_000)}`)
  reads(everything.replace('A: [127.0.0.1, ', `A: [${'10.0.0.1, '.repeat(25_000)}`))
})
