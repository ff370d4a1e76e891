import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectationFor } from './effective.ts'
import { parseScenario } from './parse.ts'
import type { Scenario } from './scenario.ts'
import { checkShipped } from './shipped.ts'

const read = (parts: {
  readonly head?: string
  readonly servers?: string
  readonly dns?: string
  readonly steps?: string
}): Scenario => {
  const { head = '', servers = '[127.0.0.1, 127.0.0.2, "::1"]', dns = '{ ha.lab.test: { A: [127.0.0.1] } }', steps = '' } = parts
  const request = '  - request: http://ha.lab.test:1323/\n    expect: { status: 200 }\n'
  const parsed = parseScenario(`title: x\n${head}servers: ${servers}\ndns: ${dns}\nsteps:\n${steps}${request}`, 'mine')
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.problems.map(({ message }) => message).join('\n'))
  return parsed.scenario
}

test('a file without clients runs all three that need nothing special', () => {
  assert.deepEqual(
    read({}).variants.map(({ name }) => name),
    ['go', 'node', 'node-fetch'],
  )
})

test("a variant has its client's settings, and its own over them", () => {
  const { variants } = read({ head: 'clients: { a: { client: node-fetch, keep_alive: false }, go: }\n' })
  assert.deepEqual(variants, [
    { name: 'a', client: 'node-fetch', settings: { api: 'fetch', keep_alive: false } },
    { name: 'go', client: 'go', settings: {} },
  ])
})

test('servers as a map have their idle timeout in milliseconds', () => {
  assert.deepEqual(read({ servers: '{ 127.0.0.1: { idle_timeout: 1.5s }, "::1": }' }).servers, [
    { address: '127.0.0.1', idleTimeoutMs: 1500 },
    { address: '::1', idleTimeoutMs: 0 },
  ])
})

test('all, ipv4 and ipv6 become the servers they mean, each once', () => {
  const { steps } = read({ steps: '  - refuse: all\n  - refuse: ipv4\n  - refuse: ipv6\n  - refuse: ["::1", "::1"]\n' })
  assert.deepEqual(
    steps.flatMap((step) => (step.kind === 'fault' ? [step.addresses] : [])),
    [['127.0.0.1', '127.0.0.2', '::1'], ['127.0.0.1', '127.0.0.2'], ['::1'], ['::1']],
  )
})

test('names of the zone are lower case', () => {
  assert.deepEqual(Object.keys(read({ dns: '{ HA.Lab.test: { A: [127.0.0.1] } }' }).zone), ['ha.lab.test'])
})

test('a request has every default filled in', () => {
  const [step] = read({}).steps
  assert.deepEqual(step, {
    kind: 'request',
    url: 'http://ha.lab.test:1323/',
    host: 'ha.lab.test',
    method: 'GET',
    times: 1,
    timeoutMs: 30_000,
    fresh: false,
    expect: { status: { each: false, values: [[200]] } },
    but: {},
  })
})

test('a fault keeps its text on one line for reports', () => {
  const [step] = read({ steps: '  - slow: [127.0.0.1,\n      "::1"]   # both\n    by: 1s\n' }).steps
  assert.ok(step?.kind === 'fault')
  assert.equal(step.text, 'slow: [127.0.0.1, ::1], by: 1s')
})

test('a scenario is frozen through and through, and survives JSON as it is', () => {
  const scenario = read({ head: 'control: { dns: { ha.lab.test: { order: shuffled } } }\n' })
  assert.ok(Object.isFrozen(scenario) && Object.isFrozen(scenario.zone['ha.lab.test']?.A?.addresses))
  assert.deepEqual(JSON.parse(JSON.stringify(scenario)), scenario)
})

test('a name that DNS does not know can be requested', () => {
  const parsed = parseScenario(
    'title: x\nservers: [127.0.0.1]\ndns: {}\nsteps:\n  - request: http://nobody.test:1323/\n    expect: { error: name-not-found }\n',
    'x',
  )
  assert.ok(parsed.ok)
})

test('an error for one client takes the place of the shared status, and a status that of the shared error', () => {
  const { steps } = read({
    steps: `  - request: http://ha.lab.test:1323/
    expect: { status: 200, served_by: 127.0.0.1, tries: 2 }
    but: { node: { error: reset, tries: 1 } }
  - request: http://ha.lab.test:1323/
    expect: { error: reset, message: hang up }
    but: { node: { status: 200 } }
`,
  })
  const keys = (index: number, variant: string) => {
    const step = steps[index]
    assert.ok(step?.kind === 'request')
    return Object.keys(expectationFor(step, variant)).sort()
  }
  assert.deepEqual(keys(0, 'go'), ['served_by', 'status', 'tries'])
  assert.deepEqual(keys(0, 'node'), ['error', 'tries'])
  assert.deepEqual(keys(1, 'node'), ['status'])
  assert.deepEqual(keys(1, 'toString'), ['error', 'message'])
})

test('a shipped scenario explains itself, can fail, and judges each request', () => {
  const steps = '  - request: http://ha.lab.test:1323/\n'
  const messages = (scenario: Scenario) => checkShipped(scenario).map(({ path, message }) => `${path.join('.')}: ${message}`)
  const about = (lines: number, text = 'why') => `about: |\n${`  ${text}\n`.repeat(lines)}`
  assert.deepEqual(messages(read({ head: about(3), steps: '  - stop: 127.0.0.1\n' })), [])
  assert.deepEqual(messages(read({ head: `${about(4)}control: { client: { keep_alive: false } }\n` })), [])
  assert.match(messages(read({ steps: '  - stop: 127.0.0.1\n' }))[0] ?? '', /about: `about` is missing/)
  assert.match(messages(read({ head: about(7), steps: '  - stop: 127.0.0.1\n' }))[0] ?? '', /7 lines/)
  assert.match(messages(read({ head: about(3, 'x'.repeat(121)), steps: '  - stop: 127.0.0.1\n' }))[0] ?? '', /121 columns/)
  assert.match(messages(read({ head: about(3) }))[0] ?? '', /no fault and no `control`/)
  assert.match(
    messages(read({ head: about(3), steps: `  - stop: 127.0.0.1\n${steps}` }))[0] ?? '',
    /steps.1.request: this request has no `expect`/,
  )
  const worded = `${steps}    expect: { error: name-not-found, message: ENOTFOUND }\n  - stop: 127.0.0.1\n`
  assert.match(messages(read({ head: about(3), steps: worded }))[0] ?? '', /steps.0.expect.message: .*write it under `but`/)
})
