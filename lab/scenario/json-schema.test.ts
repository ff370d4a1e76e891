import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { parse } from 'yaml'
import { scenarioJsonSchema } from './json-schema.ts'
import { parseScenario } from './parse.ts'
import { stepSchemas } from './schema.ts'
import { fitsSchema } from './testing.ts'
import { hostOf } from './url.ts'
import { count, durationRange, fraction } from './values.ts'

const folder = new URL('../../scenarios/', import.meta.url)
const schema = scenarioJsonSchema()

const failover = `title: A dead first address
clients: { go: , slow-go: { client: go, fallback_delay: 1s } }
servers: { 127.0.0.1: { idle_timeout: 5s }, "::1": }
resolver: { timeout: 1s, attempts: 2 }
dns: { ha.lab.test: { A: [127.0.0.1], AAAA: { addresses: ["::1"], delay: 20ms } } }
steps:
  - blackhole: ipv6
  - request: http://ha.lab.test:1323/
    times: 2
    expect: { status: [200, { one_of: [200, 503] }], attempts: ["::1": given_up, connected], took: ..5s }
    but: { slow-go: { gap: 1s..2s, queries: { A: 1..2 } } }
  - lift: blackhole
  - request: http://ha.lab.test:1323/
    expect: { queries: none }
`
const shares = `title: Half each
servers: [127.0.0.1, 127.0.0.2]
dns: { ha.lab.test: { A: { sequence: [[127.0.0.1], [127.0.0.2]] } } }
control: { dns: { ha.lab.test: { A: servfail } } }
steps:
  - request: http://ha.lab.test:1323/
    times: 2
    fresh: true
    expect: { shares: { 127.0.0.1: 1/2, 127.0.0.2: 0.5 }, tolerance: 0.1 }
`

test('the schema that editors use is the one that the code makes (else: node --import tsx tools/schema.ts)', () => {
  assert.deepEqual(JSON.parse(readFileSync(new URL('scenario.schema.json', folder), 'utf8')), schema)
})

test('what parses fits the schema', () => {
  for (const text of [failover, shares]) {
    const parsed = parseScenario(text, 'x')
    assert.ok(parsed.ok, parsed.ok ? '' : parsed.problems.map(({ message }) => message).join('\n'))
    assert.ok(fitsSchema(parse(text)), JSON.stringify(fitsSchema.errors))
  }
})

test('every shipped scenario fits the schema', () => {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.yaml'))) {
    assert.ok(fitsSchema(parse(readFileSync(new URL(file, folder), 'utf8'))), `${file}: ${JSON.stringify(fitsSchema.errors)}`)
  }
})

test('an editor sees a wrong address, an unknown key, a missing key and a wrong word', () => {
  for (const [from, to] of [
    ['"::1": }', '10.0.0.1: }'],
    ['blackhole: ipv6', 'blackhole: ipv5'],
    ['times: 2', 'tims: 2'],
    ['title: A dead first address', 'about: x'],
    ['given_up', 'givenup'],
    ['took: ..5s', 'took: 5'],
    ['ha.lab.test: {', 'example.com: {'],
    ['took: ..5s', 'took: "5s"'],
    ['took: ..5s', 'took: ".."'],
    ['gap: 1s..2s', 'gap: all'],
    ['A: 1..2 }', 'A: 30s }'],
    ['A: 1..2 }', 'A: "2" }'],
    ['A: 1..2 }', 'A: 1...2 }'],
    ['attempts: ["::1": given_up, connected]', 'attempts: [{ "::1": given_up, 127.0.0.1: connected }]'],
    ['attempts: ["::1": given_up, connected]', 'attempts: [{}]'],
    ['request: http://ha.lab.test:1323/', 'request: x'],
    ['request: http://ha.lab.test:1323/', 'request: http://ha.lab.test/'],
    ['request: http://ha.lab.test:1323/', 'request: https://ha.lab.test:1323/'],
    ['request: http://ha.lab.test:1323/', 'request: http://example.com:1323/'],
    ['request: http://ha.lab.test:1323/', 'request: http://127.0.0.01:1323/'],
  ] as const) {
    assert.ok(failover.includes(from))
    const text = failover.replace(from, to)
    assert.ok(!fitsSchema(parse(text)), to)
    assert.ok(!parseScenario(text, 'x').ok, to)
  }
  assert.ok(!fitsSchema(parse(shares.replace('127.0.0.1: 1/2', '127.0.0.1: half'))))
  assert.ok(!fitsSchema(parse(shares.replace('127.0.0.1: 1/2', '127.0.0.1: 1/0'))))
})

/** Texts that are nearly right: pieces of right ones, put together. */
const nearly = (...pieces: string[]) =>
  fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''))
const number = ['0', '1', '07', '250', '9'.repeat(10), '.', '..', '-', ' ', '']
const values: readonly {
  readonly what: string
  readonly texts: fc.Arbitrary<string>
  readonly isRead: (text: string) => boolean
  readonly pattern: RegExp
  /** What the form lets through, and only reading refuses. */
  readonly beyond: RegExp
}[] = [
  {
    what: 'a URL',
    texts: nearly(
      'http://ha.lab.test:1323',
      'http://[::1]:1323/',
      'http://',
      'HTTP://',
      'ha.lab.test',
      '127.0.0.1',
      '[::1]',
      '127.1',
      ':1323',
      ':80',
      '/',
      '?a=b',
      '#',
      'x',
      '\\',
      ' ',
      'u@',
    ),
    isRead: (text) => {
      let isGood = true
      hostOf(text, [], () => {
        isGood = false
      })
      return isGood
    },
    pattern: patternIn(schema, 'definitions', 'step_request', 'properties', 'request'),
    beyond: /^$/,
  },
  {
    what: 'a count',
    texts: nearly(...number),
    isRead: (text) => count.safeParse(text).success,
    pattern: patternIn(schema, 'definitions', 'count', 'anyOf', '1'),
    beyond: /^\d+\.\.\d+$/, // its ends the wrong way round
  },
  {
    what: 'a range of durations',
    texts: nearly(...number, 'ms', 's', 'us', 'm', '1s', '250ms', '2.5s'),
    isRead: (text) => durationRange.safeParse(text).success,
    pattern: patternIn(schema, 'definitions', 'duration_range'),
    beyond: /^\d.*\.\.\d/,
  },
  {
    what: 'a share',
    texts: nearly(...number, '/', '1/2', '/3'),
    isRead: (text) => fraction.safeParse(text).success,
    pattern: patternIn(schema, 'definitions', 'share', 'anyOf', '1'),
    beyond: /^\d+\/\d+$/, // more than 1
  },
]
for (const { what, texts, isRead, pattern, beyond } of values) {
  test(`an editor takes the text of ${what} if, and but for its size only if, the lab does`, () => {
    let good = 0
    fc.assert(
      fc.property(texts, (text) => {
        const read = isRead(text)
        if (read) good += 1
        assert.ok(read ? pattern.test(text) : !pattern.test(text) || beyond.test(text), `${JSON.stringify(text)}: read ${read}`)
      }),
      { seed: 1323, numRuns: 20_000 },
    )
    assert.ok(good > 50, `${good} good ones`)
  })
}

function patternIn(schema: unknown, ...path: string[]): RegExp {
  const part = path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    schema,
  )
  const { pattern } = part as { pattern?: string }
  assert.ok(pattern !== undefined, `${path.join('.')} has no pattern`)
  return new RegExp(pattern)
}

test('each verb is an alternative with its title, and every key has a description', () => {
  const definitions = schema.definitions as Record<string, { title?: string; description?: string }>
  for (const verb of Object.keys(stepSchemas)) {
    assert.equal(definitions[`step_${verb}`]?.title, verb)
    assert.ok(definitions[`step_${verb}`]?.description)
  }
  const bare: string[] = []
  const walk = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return
    const { properties } = node as { properties?: Record<string, { description?: string; $ref?: string }> }
    for (const [key, property] of Object.entries(properties ?? {}))
      if (!property.description && !property.$ref) bare.push(`${path}.${key}`)
    for (const [key, part] of Object.entries(node)) walk(part, `${path}/${key}`)
  }
  walk(schema, '')
  assert.deepEqual(bare, [])
})
