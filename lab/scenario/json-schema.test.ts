import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { parse } from 'yaml'
import { scenarioJsonSchema } from './json-schema.ts'
import { parseScenario } from './parse.ts'
import { stepSchemas } from './schema.ts'

const folder = new URL('../../scenarios/', import.meta.url)
const schema = scenarioJsonSchema()

// The validator that fastify brings.
interface Validator {
  (data: unknown): boolean
  readonly errors?: readonly object[] | null
}
const fromFastify = createRequire(createRequire(import.meta.url).resolve('fastify'))
const { default: Ajv } = fromFastify('ajv') as { default: new (options: object) => { compile(schema: object): Validator } }
const validate = new Ajv({ strict: false, allErrors: true }).compile(schema)

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
    assert.ok(validate(parse(text)), JSON.stringify(validate.errors))
  }
})

test('every shipped scenario fits the schema', () => {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.yaml'))) {
    assert.ok(validate(parse(readFileSync(new URL(file, folder), 'utf8'))), `${file}: ${JSON.stringify(validate.errors)}`)
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
  ] as const) {
    assert.ok(failover.includes(from))
    assert.ok(!validate(parse(failover.replace(from, to))), to)
  }
})

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
