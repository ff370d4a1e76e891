/** Each report of a recorded run, and of one that went wrong in a client's own words. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { LabError } from '../errors.ts'
import type { Journal } from '../journal/journal.ts'
import { oneRequest, query, recorded, recordedNames, request, scenarioOf, told } from '../testing/journals.ts'
import { xmlProblem } from '../testing/xml.ts'
import { buildTimeline } from '../timeline/build.ts'
import { judge } from '../verdicts/judge.ts'
import { github } from './github.ts'
import { json } from './json.ts'
import { junit } from './junit.ts'
import { openOutputFile } from './output-file.ts'
import { prettyLine, prettyRun, prettySummary } from './pretty.ts'
import { openReporters } from './reporter.ts'
import type { RunResult } from './result.ts'
import { styleFor } from './style.ts'

const resultOf = (journal: Journal): RunResult => {
  const timeline = buildTimeline(journal)
  return { journal, timeline, verdict: judge(timeline), tookMs: 1234 }
}
const plain = styleFor(false)
/** Times and ports are of one run. */
const masked = (text: string) =>
  text
    .replace(/ *\d[\d.]* (ms|s)\b/g, ' T')
    .replace(/port \d{4,}/g, 'port P')
    .replace(/[ \t]+$/gm, '')
const hostile = 'a<b> & "c" \'d\' 100%, ::error::\r\n\u0000\u001b[31mred\u009b2J, end'
const ugly = (): RunResult =>
  resultOf(
    told(scenarioOf(oneRequest('{ status: 200, queries: { A: 1 }, attempts: [127.0.0.1: connected] }')), [
      [
        ...request(1, {
          resolved: ['127.0.0.1'],
          attempts: [['127.0.0.1', 'refused', 5]],
          error: 'connection-refused',
          message: hostile,
        }),
        query(1, 'A', ['127.0.0.1']),
        query(2, 'AAAA', null),
      ],
    ]),
  )
const troubled = (message: string): RunResult =>
  resultOf(
    told(scenarioOf(oneRequest('{ status: 200 }')), [
      [
        ...request(1, { status: 200 }),
        { ms: 8000, unit: 'lab', event: 'trouble', code: 'UNIT_FAILED', message, remedy: 'read <this>' },
      ],
    ]),
  )

test('the report for people tells all-down in order, without a colour', async () => {
  const text = prettyRun(resultOf(await recorded('all-down.node')), plain)
  assert.equal(
    masked(text),
    `all-down  Every server is down
node = node 20.20.2, resolver getaddrinfo · runtime netns · seed 7

 1  GET http://ha.lab.test:1323/
 T  lookup   ha.lab.test
 T  dns      A    ha.lab.test? → 127.0.0.2, 127.0.0.3
 T  dns      AAAA ha.lab.test? → no data
 T  lookup   → 127.0.0.2, 127.0.0.3 ( T)
 T  connect  127.0.0.2:1323  connected after T
 T  request  sent on new connection to 127.0.0.2 (port P)
 T  response 200 from 127.0.0.2
    ✓ status      200
    ✓ connection  new

 2  stop: all
      in force: no LISTEN row for 127.0.0.1:1323 in /proc/self/net/tcp; 0 connections closed
      in force: no LISTEN row for 127.0.0.2:1323 in /proc/self/net/tcp; 1 connection closed
      in force: no LISTEN row for 127.0.0.3:1323 in /proc/self/net/tcp; 0 connections closed

 3  GET http://ha.lab.test:1323/
 T  lookup   ha.lab.test
 T  dns      A    ha.lab.test? → 127.0.0.3, 127.0.0.1
 T  dns      AAAA ha.lab.test? → no data
 T  lookup   → 127.0.0.1, 127.0.0.3 ( T)
 T  connect  127.0.0.1:1323  refused after T
 T  connect  127.0.0.3:1323  refused after T
 T  error    connection-refused connect ECONNREFUSED 127.0.0.1:1323; connect ECONNREFUSED 127.0.0.3:1323
    ✓ error       connection-refused
    ✓ attempts    127.0.0.1 refused, 127.0.0.3 refused  (expected refused, refused)
    ✓ queries     A: 1, AAAA: 1

✓ pass  all-down with node: 5 of 5 expectations held ( T)
`,
  )
})

for (const name of recordedNames) {
  test(`${name}: colour adds nothing but colour`, async () => {
    const result = resultOf(await recorded(name))
    const colored = prettyRun(result, styleFor(true))
    assert.ok(colored.includes('\u001b[32m'), 'green')
    assert.equal(stripVTControlCharacters(colored), prettyRun(result, plain))
  })
}

test('a failed expectation shows what was expected, what was seen, and the events that prove it', () => {
  const text = prettyRun(ugly(), plain)
  assert.match(text, /✗ attempts\n +expected {2}127\.0\.0\.1 connected\n +seen {6}127\.0\.0\.1 refused\n/)
  assert.match(text, /✗ queries\n +expected {2}A: 1\n +seen {6}A: 1, AAAA: 1\n/)
  assert.match(text, /connect {2}127\.0\.0\.1:1323 {2}refused/)
  assert.match(text, /AAAA ha\.lab\.test\? no answer \(silent\)/)
  assert.match(text, /✗ fail/)
})

test('a failure far into many repetitions shows its own trace', () => {
  const served = { uses: ['new'], served: [['127.0.0.1', 1]], status: 200 } as const
  const requests = Array.from({ length: 9 }, (_, i) =>
    request(
      i + 1,
      i === 1 || i === 7 ? { at: 1 + i * 100, error: 'reset', message: `number ${i + 1}` } : { ...served, at: 1 + i * 100 },
    ),
  ).flat()
  const text = prettyRun(resultOf(told(scenarioOf(oneRequest('{ status: 200 }', { times: 9 })), [requests])), plain)
  for (const n of [2, 8])
    assert.match(
      text,
      new RegExp(
        `✗ status \\(request ${n}\\)\\n +expected {2}200\\n +seen {6}reset\\n +request ${n} of 9\\n.*reset number ${n}\\n`,
      ),
    )
})

test('what a client goes on with after the end is told, as such', () => {
  const late = [
    { ms: 60, event: 'lookup-started', request: 1, host: 'ha.lab.test' },
    { ms: 62, event: 'lookup-ended', request: 1, host: 'ha.lab.test', addresses: ['127.0.0.2'] },
    { ms: 70, event: 'attempt-started', request: 1, attempt: 900, address: '127.0.0.2', port: 1323 },
    { ms: 75, event: 'attempt-ended', attempt: 900, outcome: 'connected' },
  ]
  const timedOut = request(1, { resolved: ['127.0.0.1'], attempts: [['127.0.0.1', null, 5]], error: 'response-timeout' })
  const scenario = scenarioOf(oneRequest('{ attempts: [127.0.0.1: given_up] }'))
  const text = masked(prettyRun(resultOf(told(scenario, [[...timedOut, ...late]])), plain))
  assert.match(
    text,
    /error +response-timeout.*\n T +lookup +ha\.lab\.test after the end\n T +lookup +→ 127\.0\.0\.2 \( T\) after the end\n T +connect +127\.0\.0\.2:1323 +connected after T after the end\n/,
  )
  assert.match(text, /✓ pass/)
})

test('a request that ended with nothing known says so', () => {
  const text = prettyRun(resultOf(told(scenarioOf(oneRequest('{ status: 200 }')), [request(1, {})])), plain)
  assert.match(text, /response ended, with no status known\n/)
})

test('words of a client cannot move the cursor, colour the screen or break a line', () => {
  for (const text of [prettyRun(ugly(), plain), prettyRun(troubled(hostile), plain), prettyLine(troubled(hostile), plain)]) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a terminal obeys
    assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
    assert.match(text, /100%, ::error::.*red.*end/)
  }
})

test('what could not be seen is told with its reason and what to do', () => {
  const text = prettyRun(troubled('The server has died.'), plain)
  assert.match(text, /why {2}The server has died\.\n +do {3}read <this>\n! broken/)
  assert.equal(
    prettySummary({ runs: [troubled('x'), ugly()], missing: [{ scenario: 's', variant: 'v', reason: 'r', remedy: 'd' }] }, plain),
    '2 runs: 0 passed, 1 failed, 1 broken, 1 not run · seed 1\n',
  )
})

test('the summary names the seed that makes all runs again, if there is one', () => {
  const withSeed = (seed: number, repetition: number): RunResult => {
    const result = ugly()
    return { ...result, timeline: { ...result.timeline, run: { ...result.timeline.run, seed, repetition } } }
  }
  const last = (...runs: RunResult[]) => prettySummary({ runs, missing: [] }, plain)
  assert.match(last(withSeed(4294967295, 1), withSeed(0, 2)), / · seed 4294967295\n$/)
  assert.match(last(withSeed(7, 1), withSeed(9, 1)), /failed\n$/)
  assert.match(last(), /passed\n$/)
})

test('a run among many that fails says why once, within its trace', () => {
  const failed: RunResult = {
    ...ugly(),
    verdict: { ...ugly().verdict, reasons: [{ message: 'the reason', remedy: 'the remedy' }] },
  }
  assert.equal(failed.verdict.outcome, 'fail')
  assert.equal(prettyLine(failed, plain).match(/the reason/g)?.length, 1)
  assert.equal(prettyLine(troubled('the reason'), plain).match(/the reason/g)?.length, 1)
})

test('a run of which nothing could be checked does not count what held', () => {
  const result = resultOf(told(scenarioOf(oneRequest('{ status: 200 }')), []))
  const text = prettyRun(
    { ...result, verdict: { outcome: 'inconclusive', checks: [], reasons: [{ message: 'It is not here.', remedy: 'get it' }] } },
    plain,
  )
  assert.match(text, /\(not reached\)\n\n {4}why {2}/)
  assert.match(text, /told with node: nothing could be checked \(/)
})

test('a fault that was met by packets is told apart from its being in force', async () => {
  const text = prettyRun(resultOf(await recorded('ipv6-blackhole.go')), plain)
  assert.match(text, /\n {6}in force: .*\n {6}met: \d+ packets?\n/)
})

test('the JSON report parses, counts, numbers steps from 1, and keeps the checks and the timeline', async () => {
  const runs = [resultOf(await recorded('ipv6-blackhole.go')), ugly()]
  const missing = [{ scenario: 's', variant: 'v', reason: 'r', remedy: 'd' }]
  const report = JSON.parse(json.end({ runs, missing }))
  assert.deepEqual(report.summary, { pass: 1, fail: 1, inconclusive: 0, broken: 0, notRun: 1 })
  assert.deepEqual(report.notRun, missing)
  const [first] = report.runs
  assert.deepEqual(
    [first.scenario, first.client.variant, first.client.resolver, first.runtime, first.seed, first.outcome],
    ['ipv6-blackhole', 'go', 'go', 'netns', 7, 'pass'],
  )
  assert.deepEqual(
    first.steps.map((step: { index: number }) => step.index),
    [1, 2, 3, 4, 5],
  )
  assert.equal(first.steps[1].fault.mechanism, 'nft')
  assert.deepEqual(new Set(first.checks.map((check: { step: number }) => check.step)), new Set([1, 3, 5]))
  assert.equal(report.runs[1].steps[0].requests[0].error.message, hostile)
  assert.equal(json.run(ugly()), '')
})

test('the JUnit report is well-formed whatever a client says, and counts what it holds', () => {
  const runs = [ugly(), troubled(hostile)]
  const text = junit.end({ runs, missing: [{ scenario: hostile, variant: 'v', reason: hostile, remedy: hostile }] })
  assert.equal(xmlProblem(text), undefined)
  assert.match(text, /tests="3" failures="3" errors="0"/)
  assert.match(text, /tests="2" failures="0" errors="1"/)
  assert.equal(text.match(/<skipped /g)?.length, 1)
  assert.equal(text.match(/<failure /g)?.length, 3)
  assert.match(text, /a&lt;b&gt; &amp; &quot;c&quot;/)
})

test('the check for well-formedness finds what is not', () => {
  assert.equal(xmlProblem('<?xml version="1.0"?>\n<a b="c &amp; d">e<f/></a>\n'), undefined)
  for (const bad of [
    '<a>',
    '<a></b>',
    '<a/><b/>',
    '<a b="<"/>',
    '<a b="&x"/>',
    '<a b=c/>',
    '<a b="1" b="2"/>',
    'x<a/>',
    '<a>\u0001</a>',
  ])
    assert.notEqual(xmlProblem(bad), undefined, bad)
})

test('an annotation for GitHub is one line, whatever a client says', () => {
  const text =
    github.run(ugly()) +
    github.run(troubled(hostile)) +
    github.missing({ scenario: 'a:b,c', variant: 'v', reason: hostile, remedy: 'd' })
  const lines = text.trimEnd().split('\n')
  assert.equal(lines.length, 3 + 1 + 1)
  for (const line of lines) assert.match(line, /^::(error|warning|notice) title=[^:,\r]*::[^\r\n]*$/)
  assert.match(text, /step 1: attempts: expected 127\.0\.0\.1 connected, seen 127\.0\.0\.1 refused/)
  assert.match(text, /100%25, ::error::%0D%0A/)
  assert.match(text, /title=a%3Ab%2Cc with v was not run::/)
})

test('a report in a file has no colour, and one that cannot be written says so with its name', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'lab-reports-'))
  t.after(() => rm(folder, { recursive: true }))
  let shown = ''
  const terminal = {
    write(text: string) {
      shown += text
    },
    writeError: () => {},
    style: styleFor(true),
    errorStyle: plain,
    isLive: false,
    readerGone: new AbortController().signal,
    loseReader: () => {},
    columns: 80,
    asTyped: (text: string) => text,
  }
  const live = { update: () => {}, clear: () => {} }
  const result = resultOf(await recorded('all-down.node'))
  const file = join(folder, 'report.txt')
  const open = async (to: string) =>
    openReporters(
      [
        { kind: 'pretty', file: undefined },
        { kind: 'pretty', file: await openOutputFile('report', to) },
      ],
      { terminal, full: true, live },
    )
  const reporters = await open(file)
  reporters.run(result)
  await reporters.end({ runs: [result], missing: [] })
  assert.equal(await readFile(file, 'utf8'), stripVTControlCharacters(shown))
  assert.notEqual(shown, stripVTControlCharacters(shown))
  await assert.rejects(
    open(join(folder, 'missing', 'x.xml')),
    (error) => error instanceof LabError && error.code === 'OUTPUT_FAILED' && error.message.includes(join('missing', 'x.xml')),
  )
})
