import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseScenario } from './parse.ts'

/** A sound file to spoil: each case replaces one part of it. */
const sound = `title: The first address is dead
clients: [go, node]
servers: [127.0.0.1, 127.0.0.2]
dns:
  ha.lab.test: { A: [127.0.0.1, 127.0.0.2], order: as_written }
steps:
  - stop: 127.0.0.1
  - request: http://ha.lab.test:1323/
    expect: { status: 200, served_by: 127.0.0.2 }
`
const spoil = (from: string, to: string): string => {
  assert.ok(sound.includes(from), from)
  return sound.replace(from, to)
}
const after = (steps: string): string => sound + steps
const expecting = (expect: string, more = ''): string =>
  spoil('    expect: { status: 200, served_by: 127.0.0.2 }', `${more}    expect: { ${expect} }`)

const manyAddresses = `[${Array.from({ length: 300 }, (_, i) => `127.0.${1 + (i >> 7)}.${1 + (i & 127)}`).join(', ')}]`
/** Each case: the mistake, the text, the line and what is underlined there, and words of the message and its help. */
const cases: readonly (readonly [string, string, string, ...string[]])[] = [
  // the text and its YAML
  ['an empty file', '', '1: ', 'empty', 'title, servers, dns and steps'],
  ['only comments', '# nothing yet\n\n', '1: #', 'empty'],
  ['a file of 300 KB', `title: ${'x'.repeat(300_000)}`, '1: t', '293 KB', 'at most 256 KB'],
  ['a list', '- title: x\n', '1: - title: x', 'a list'],
  ['a scalar', 'server-dies\n', '1: server-dies', 'a single value'],
  ['tabs for indentation', spoil('  ha.lab', '\tha.lab'), '5: \t', 'tabs', 'spaces'],
  ['a key given twice', `${sound}title: again\n`, '10: title', '`title` is given twice'],
  ['an alias', spoil('[go, node]', '&c [go]\nabout: *c'), '3: *c', 'aliases', '`*c`'],
  ['a merge key', `${sound}<<: { title: x }\n`, '10: <<', 'merge keys'],
  ['a number as a key', spoil('  ha.lab.test', '  7: {}\n  ha.lab.test'), '5: 7', 'the number 7'],
  ['a list as a key', spoil('clients: [go, node]', '? [a]\n: b'), '2: [a]', 'a key is a word'],
  ['__proto__ as a key', spoil('title: The', '__proto__: { x: 1 }\ntitle: The'), '1: __proto__', '__proto__'],
  ['a tag', spoil('title: The first', 'title: !!js/function The first'), '1: The first address is dead', 'tags'],
  ['two documents', `${sound}---\n${sound}`, '11: t', 'second document'],
  ['a directive', `%YAML 1.1\n---\n${sound}`, '1: %', 'directive'],
  ['a bracket left open', spoil('[127.0.0.1, 127.0.0.2]\n', '[127.0.0.1, 127.0.0.2\n'), '3: [', 'bracket is not closed', ']'],
  ['a quote left open', spoil('title: The', 'title: "The'), '1: "', 'quote is not closed'],
  ['10,000 brackets', `a: ${'['.repeat(10_000)}`, '1: [', 'nested deeper'],
  ['10,000 dashes', '- '.repeat(10_000), '1: -', 'nested deeper'],
  ['a control character', spoil('The first', 'The\u001b[31m'), '1: \u001b', 'U+001B'],
  ['no space after a colon', spoil('status: 200', 'status:200'), '9: status:200', 'a colon needs a space', '`status: 200`'],
  // the form of each part
  [
    'an unknown key at the top',
    spoil('servers:', 'severs: x\nservers:'),
    '3: severs',
    'did you mean `servers`?',
    'allowed here: title, about',
  ],
  [
    'no servers',
    spoil('servers: [127.0.0.1, 127.0.0.2]\n', ''),
    '1: title',
    '`servers` is missing',
    'such as servers: [127.0.0.1',
  ],
  ['an empty title', spoil('The first address is dead', '""'), '1: ""', 'must not be empty'],
  [
    'an address of the network',
    spoil('[127.0.0.1, 127.0.0.2]\n', '[127.0.0.1, 127.0.0.2, 192.168.0.1]\n'),
    '3: 192.168.0.1',
    'not a loopback address',
  ],
  ['leading zeros', spoil('127.0.0.2]\n', '127.0.0.2, 127.0.0.03]\n'), '3: 127.0.0.03', 'leading zeros', 'write 127.0.0.3'],
  ['localhost', spoil('127.0.0.2]\n', '127.0.0.2, localhost]\n'), '3: localhost', 'localhost is a name'],
  ['a name outside .test', spoil('  ha.lab.test', '  ha.example.com: {}\n  ha.lab.test'), '5: ha.example.com', 'RFC 6761'],
  ['an IPv6 address in A', spoil('A: [127.0.0.1, 127.0.0.2]', 'A: ["::1"]'), '5: "::1"', 'no IPv4 address'],
  ['a DNS fault misspelt', spoil('order: as_written', 'AAAA: slient'), '5: slient', 'did you mean `silent`?'],
  ['a duration without its unit', spoil('order: as_written', 'delay: 5'), '5: 5', 'duration with its unit'],
  ['an unknown client', spoil('[go, node]', '[go, nod]'), '2: nod', 'did you mean `node`?'],
  [
    'a client of a prototype key',
    spoil('[go, node]', '{ x: { client: toString } }'),
    '2: toString',
    'no client is called toString',
  ],
  [
    'an unknown client setting',
    spoil('[go, node]', '{ go: { fallbackDelay: 1s } }'),
    '2: fallbackDelay',
    'go has no setting',
    'did you mean `fallback_delay`?',
  ],
  ['a setting of the wrong kind', spoil('[go, node]', '{ node: { keep_alive: 1 } }'), '2: 1', 'true or false, not 1'],
  ['a step that is a word', after('  - stop\n'), '10: stop', 'a step is a verb', '- stop: 127.0.0.1'],
  ['a verb misspelt', after('  - stpo: 127.0.0.1\n'), '10: stpo', 'did you mean `stop`?'],
  ['a prototype key as a verb', after('  - toString: 127.0.0.1\n'), '10: toString', 'no verb'],
  ['two verbs in one step', after('  - stop: 127.0.0.1\n    start: 127.0.0.1\n'), '11: start', '`stop` already'],
  [
    'an expectation outside expect',
    spoil('    expect: { status: 200, served_by: 127.0.0.2 }', '    served_by: 127.0.0.2'),
    '9: served_by',
    'does not belong here',
    '`expect`',
  ],
  [
    'a status beside a request',
    spoil('    expect: { status: 200, served_by: 127.0.0.2 }', '    status: 200'),
    '9: status',
    'expect: { status: … }',
  ],
  ['a required key of a step', after('  - slow: 127.0.0.1\n'), '10: slow', '`by` is missing in `slow`', 'by: 1s'],
  ['an error misspelt', expecting('error: connection_refused'), '9: connection_refused', 'did you mean `connection-refused`?'],
  ['an outcome misspelt', expecting('attempts: [127.0.0.1: refusd]'), '9: refusd', 'did you mean `refused`?'],
  ['same misspelt', expecting('served_by: smae'), '9: smae', 'did you mean `same`?'],
  [
    'one entry of a list misspelt',
    expecting('connection: [new, reusd]', '    times: 2\n'),
    '10: reusd',
    'did you mean `reused`?',
  ],
  ['a duration where a range is due', expecting('took: 1s'), '9: 1s', '..1s (at most)'],
  ['a range the wrong way round', expecting('took: 2s..1s'), '9: 2s..1s', 'smaller end comes first'],
  ['a status that is none', expecting('status: "200"'), '9: "200"', 'an HTTP status such as 200'],
  ['a query type that is none', expecting('queries: { MX: 1 }'), '9: MX', 'unknown key `MX`', 'A, AAAA'],
  // urls
  ['https', spoil('http://', 'https://'), '8: https://ha.lab.test:1323/', 'speaks http'],
  ['no port', spoil('test:1323', 'test'), '8: http://ha.lab.test/', 'port 1323'],
  ['a URL outside .test', spoil('http://ha.lab.test', 'http://example.com'), '8: http://example.com:1323/', 'RFC 6761'],
  ['a user name in a URL', spoil('http://ha', 'http://x@ha'), '8: http://x@ha.lab.test:1323/', 'plainly'],
  [
    'an octal address in a URL',
    spoil('http://ha.lab.test', 'http://0177.0.0.1'),
    '8: http://0177.0.0.1:1323/',
    'plainly: http://127.0.0.1:1323/',
  ],
  ['no URL', spoil('http://ha.lab.test:1323/', 'ha.lab.test'), '8: ha.lab.test', 'is not a URL'],
  // rules
  [
    'a server that does not exist',
    spoil('stop: 127.0.0.1', 'stop: 127.0.0.9'),
    '7: 127.0.0.9',
    'no server 127.0.0.9',
    '127.0.0.1, 127.0.0.2',
  ],
  ['a family without a server', spoil('stop: 127.0.0.1', 'stop: ipv6'), '7: ipv6', 'no server'],
  ['a step that nothing follows', after('  - wait: 1s\n'), '10: wait', 'nothing is judged after'],
  ['no expect at all', spoil('    expect: { status: 200, served_by: 127.0.0.2 }\n', ''), '8: request', 'nothing is judged'],
  ['a lift of what is not in force', spoil('stop: 127.0.0.1', 'lift: freeze'), '7: freeze', 'no `freeze` is in force'],
  ['a lift of the other fault', spoil('  - request', '  - lift: kill\n  - request'), '8: kill', 'did you mean `stop`?'],
  [
    'a lift of what has no end',
    spoil('stop: 127.0.0.1', 'close_idle: 127.0.0.1\n  - lift: close_idle'),
    '8: close_idle',
    'cannot be lifted',
  ],
  ['a start without a stop', spoil('stop:', 'start:'), '7: 127.0.0.1', 'has not been stopped'],
  ['a stop after a stop', spoil('  - request', '  - stop: 127.0.0.1\n  - request'), '8: 127.0.0.1', 'does not run any more'],
  [
    'a stop of a killed server',
    spoil('  - request', '  - kill: 127.0.0.2\n  - stop: 127.0.0.2\n  - request'),
    '9: 127.0.0.2',
    'step 8 is its `kill`'.replace('8', '2'),
  ],
  [
    'a slow server that is dead',
    spoil('stop: 127.0.0.1', 'kill: 127.0.0.1\n  - slow: all\n    by: 1s'),
    '8: all',
    'does not run any more',
  ],
  [
    'a stop of a frozen server',
    spoil('stop: 127.0.0.1', 'freeze: 127.0.0.1\n  - stop: all'),
    '8: all',
    '127.0.0.1 is frozen by step 1',
    '`lift: freeze`',
  ],
  [
    'a lift of a freeze that a kill has ended',
    spoil('stop: 127.0.0.1', 'freeze: 127.0.0.1\n  - kill: 127.0.0.1\n  - lift: freeze'),
    '9: freeze',
    'no `freeze` is in force',
  ],
  [
    'a drain of what a kill has ended',
    spoil('stop: 127.0.0.1', 'hot_restart: 127.0.0.1\n  - kill: 127.0.0.1\n  - start: 127.0.0.1\n  - drain: 127.0.0.1'),
    '10: 127.0.0.1',
    'no old process',
  ],
  [
    'an address twice in an answer',
    spoil('A: [127.0.0.1, 127.0.0.2]', 'A: [127.0.0.1, 127.0.0.1]'),
    '5: [127.0.0.1, 127.0.0.1]',
    'RFC 2181',
  ],
  [
    'a chain of aliases that is too long',
    spoil(
      'steps:',
      `${[...'abcdefgh'].map((letter, i) => `  ${letter}.lab.test: { CNAME: ${'bcdefgh'[i] ?? 'ha'}.lab.test }\n`).join('')}steps:`,
    ),
    '6: b.lab.test',
    '9 names',
    '8 is the limit',
  ],
  [
    '300 addresses in an answer',
    spoil('A: [127.0.0.1, 127.0.0.2]', `A: ${manyAddresses}`),
    `5: ${manyAddresses}`,
    '255 is the limit',
  ],
  ['an answer of at most 300', spoil('order:', 'at_most: 300, order:'), '5: 300', '255'],
  ['a drain without a hot restart', spoil('stop:', 'drain:'), '7: 127.0.0.1', 'no old process'],
  ['a list of the wrong length', expecting('status: [200, 503]'), '9: [200, 503]', 'this one has 2', 'one request'],
  [
    'shares that miss a part',
    expecting('shares: { 127.0.0.1: 1/3, 127.0.0.2: 1/3 }, tolerance: 0.1'),
    '9: shares',
    'add up to 0.667',
  ],
  [
    'shares of no server',
    expecting('shares: { 127.0.0.1: 1/2, 127.0.0.3: 1/2 }, tolerance: 0.1'),
    '9: 127.0.0.3',
    'no server 127.0.0.3',
  ],
  ['shares without a tolerance', expecting('shares: { 127.0.0.1: 1 }'), '9: shares', 'needs a `tolerance`'],
  ['a tolerance without shares', expecting('tolerance: 0.1'), '9: tolerance', 'shares'],
  [
    'a tolerance that chance leaves',
    expecting('shares: { 127.0.0.1: 1/2, 127.0.0.2: 1/2 }, tolerance: 0.05', '    times: 600\n').replace(
      'as_written',
      'shuffled',
    ),
    '10: 0.05',
    'smallest sound one is 0.103',
    'times: 2500',
  ],
  [
    'served_by of no server',
    expecting('served_by: { one_of: [127.0.0.1, 127.0.0.7] }'),
    '9: { one_of: [127.0.0.1, 127.0.0.7] }',
    '127.0.0.7 cannot serve',
  ],
  [
    'an attempt to what DNS never says',
    expecting('attempts: [127.0.0.1: refused, 127.0.0.7: refused]'),
    '9: 127.0.0.7',
    'never answers with 127.0.0.7',
  ],
  ['a status and an error', expecting('status: 200, error: reset'), '9: status', 'never with both'],
  ['a fresh request that reuses', expecting('connection: reused', '    fresh: true\n'), '10: connection', 'never reuses'],
  ['old and new without a hot restart', expecting('process: old'), '9: process', 'no `hot_restart` step'],
  ['same as nothing before', expecting('served_by: same'), '9: served_by', 'there is none'],
  ['a gap in one attempt', expecting('attempts: [127.0.0.2: connected], gap: 1s..'), '9: gap', 'between two attempts'],
  ['a client that is not there', after('    but: { nod: { status: 503 } }\n'), '10: nod', 'did you mean `node`?', 'go, node'],
  ['an alias to itself', spoil('  ha.lab.test:', '  x.test: { CNAME: x.test }\n  ha.lab.test:'), '5: x.test', 'x.test → x.test'],
  ['an alias with data', spoil('order: as_written', 'CNAME: x.test'), '5: CNAME', 'RFC 1034 §3.6.2'],
  [
    'an alias that gets data later',
    spoil('stop: 127.0.0.1', 'dns: { x.test: { A: [127.0.0.1] } }').replace('steps:', '  x.test: { CNAME: y.test }\nsteps:'),
    '8: A',
    'alias',
  ],
  [
    'addresses and a sequence',
    spoil('order: as_written', 'AAAA: { addresses: ["::1"], sequence: [["::1"]] }'),
    '5: sequence',
    'keep one',
  ],
  ['one name in two cases', spoil('  ha.lab.test:', '  HA.lab.test: {}\n  ha.lab.test:'), '6: ha.lab.test', 'same name'],
  ['one server twice', spoil('[127.0.0.1, 127.0.0.2]\n', '[127.0.0.1, 127.0.0.2, 127.0.0.1]\n'), '3: 127.0.0.1', 'given twice'],
  ['no time for a request', expecting('status: 200', '    timeout: 0s\n'), '9: 0s', 'ends in no time'],
  ['an empty text in a body', expecting('body: ""'), '9: ""', 'what must be in it'],
  ['a server that serves an error', expecting('error: reset, served_by: 127.0.0.2'), '9: served_by', 'served by nobody'],
  [
    'a query with a wrong port',
    spoil('http://ha.lab.test:1323/', 'http://ha.lab.test/a?b=1'),
    '8: http://ha.lab.test/a?b=1',
    ':1323/a?b=1',
  ],
  ['a control of nothing', spoil('steps:', 'control: {}\nsteps:'), '6: control', 'changes nothing'],
  [
    'a control setting that one client lacks',
    spoil('steps:', 'control: { client: { api: fetch } }\nsteps:'),
    '6: api',
    'go has no setting `api`',
  ],
  ['half a second for a resolver', spoil('steps:', 'resolver: { timeout: 500ms }\nsteps:'), '6: 500ms', 'whole seconds'],
  [
    '17 servers',
    spoil('[127.0.0.1, 127.0.0.2]\n', `[${Array.from({ length: 17 }, (_, i) => `127.0.0.${i + 1}`).join(', ')}]\n`),
    '3: servers',
    'at most 16 servers',
    '17',
  ],
  [
    '201 steps',
    spoil('  - stop: 127.0.0.1\n', '  - wait: 1ms\n'.repeat(200)),
    '207: request: http://ha.lab.test:1323/',
    'at most 200 steps',
    '201',
  ],
  [
    '10,001 requests',
    expecting('status: 200', '    times: 9999\n') +
      '  - request: http://ha.lab.test:1323/\n    times: 2\n    expect: { status: 200 }\n',
    '11: request',
    'at most 10000 requests',
    '10001',
  ],
]

test('the sound file is sound', () => {
  assert.deepEqual(parseScenario(sound, 'x').ok, true)
})

for (const [name, text, place, ...words] of cases) {
  test(`${name}: shown at ${place.slice(0, 80)}`, () => {
    const parsed = parseScenario(text, 'x')
    assert.ok(!parsed.ok, 'it was taken')
    const all = parsed.problems.map(({ line, column, length, message, help }) => {
      const underlined = text.split('\n')[line - 1]?.slice(column - 1, column - 1 + length)
      return `${line}: ${underlined} | ${message} = ${help}`
    })
    const found = all.find((problem) => problem.startsWith(`${place} | `) && words.every((word) => problem.includes(word)))
    assert.ok(found, `wanted ${place} | ${words.join(' … ')}, got:\n${all.join('\n')}`)
    // A mistake is one problem, or a second one at most: nothing floods.
    assert.ok(all.length <= 2, all.join('\n'))
  })
}

test('all problems of a file are named at once, in the order of its lines', () => {
  const text = sound
    .replace('title: The', 'titel: The')
    .replace('order: as_written', 'ordr: 1')
    .replace('stop: 127.0.0.1', 'stop: 127.0.0.9')
    .replace('status: 200', 'status: x')
  const parsed = parseScenario(text, 'x')
  assert.ok(!parsed.ok)
  assert.deepEqual(
    parsed.problems.map(({ line, message }) => `${line} ${message}`),
    [
      '1 `title` is missing',
      '1 unknown key `titel`: did you mean `title`?',
      '5 unknown key `ordr`: did you mean `order`?',
      '7 there is no server 127.0.0.9 in this scenario',
      '9 expected an HTTP status such as 200, not "x"',
    ],
  )
})

test('an alias bomb is refused and not expanded', () => {
  const levels = Array.from({ length: 30 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i}, `.repeat(9)}*l${i}]`)
  const started = performance.now()
  const parsed = parseScenario(`l0: &l0 x\n${levels.join('\n')}\n`, 'x')
  assert.ok(!parsed.ok && parsed.problems.every(({ message }) => message.startsWith('aliases are not read here')))
  assert.ok(performance.now() - started < 1000)
})

test('::1 needs no quotes as a value, in a list or as a key', () => {
  const text = `title: x
servers: [127.0.0.1, ::1]
dns:
  ha.lab.test: { A: [127.0.0.1], AAAA: [::1] }
steps:
  - blackhole: ::1
  - request: http://ha.lab.test:1323/
    expect: { served_by: 127.0.0.1, attempts: [::1: given_up, 127.0.0.1: connected] }
`
  const parsed = parseScenario(text, 'x')
  assert.ok(parsed.ok)
  assert.deepEqual(
    parsed.scenario.servers.map(({ address }) => address),
    ['127.0.0.1', '::1'],
  )
})
