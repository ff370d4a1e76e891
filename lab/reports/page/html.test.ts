/** The page, made of recorded and made-up runs: what can be read on it, and where its bars stand. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Journal } from '../../journal/journal.ts'
import { oneRequest, query, recorded, recordedNames, request, scenarioOf, told } from '../../testing/journals.ts'
import { xmlProblem } from '../../testing/xml.ts'
import { buildTimeline } from '../../timeline/build.ts'
import { judge } from '../../verdicts/judge.ts'
import type { MissingClient, RunResult } from '../result.ts'
import { spansOf } from '../spans.ts'
import { styleFor } from '../style.ts'
import { html } from './html.ts'

const resultOf = (journal: Journal): RunResult => {
  const timeline = buildTimeline(journal)
  return { journal, timeline, verdict: judge(timeline), tookMs: 1234 }
}
const pageOf = (runs: readonly RunResult[], missing: readonly MissingClient[] = []) => html.end({ runs, missing })
const problemOf = (page: string) => xmlProblem(page.replace(/^<!doctype html>/, ''))
/** What a reader sees. */
const textOf = (page: string): string =>
  page
    .replace(/^.*<\/style>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ')
const squeezed = (text: string): string => text.trim().replace(/\s+/g, ' ')

interface Bar {
  readonly left: number
  readonly width: number
  readonly words: string
}
const barsOf = (page: string): Bar[] =>
  [
    ...page.matchAll(
      /class="bar \w+" style="left:([\d.]+)%;width:([\d.]+)%"><\/i>(.*?)<\/div>\n?(?=<div class="row|<\/div|<p|$)/gs,
    ),
  ].map(([, left, width, words]) => ({ left: Number(left), width: Number(width), words: squeezed(textOf(words ?? '')) }))
const told200 = (edit: Partial<RunResult['timeline']['run']> = {}): RunResult => {
  const served = { uses: ['new'], served: [['127.0.0.1', 1]], status: 200 } as const
  const result = resultOf(
    told(scenarioOf(oneRequest('{ status: 200 }')), [
      [
        ...request(1, { resolved: ['127.0.0.1'], attempts: [['127.0.0.1', 'connected', 5]], ...served }),
        query(1, 'A', ['127.0.0.1']),
      ],
    ]),
  )
  return { ...result, timeline: { ...result.timeline, run: { ...result.timeline.run, ...edit } } }
}

for (const name of recordedNames) {
  test(`${name}: the page is well-formed and tells everything the trace tells`, async () => {
    const result = resultOf(await recorded(name))
    const page = pageOf([result])
    assert.equal(problemOf(page), undefined)
    const text = textOf(page)
    const requests = result.timeline.steps.flatMap((step) => step.requests.slice(0, step.requests.length > 3 ? 1 : 3))
    assert.ok(requests.length > 0)
    for (const one of requests)
      for (const span of spansOf(one, styleFor(false)))
        for (const words of [span.subject, span.outcome, span.detail])
          assert.ok(text.includes(squeezed(words)), `${words}\n${text}`)
    for (const check of result.verdict.checks) assert.ok(text.includes(check.seen), check.seen)
  })

  test(`${name}: no bar leaves its track`, async () => {
    const bars = barsOf(pageOf([resultOf(await recorded(name))]))
    assert.ok(bars.length > 5)
    for (const { left, width, words } of bars) assert.ok(left >= 0 && left + width <= 100.01, `${left} + ${width}: ${words}`)
  })
}

test('the time in which IPv6 swallows packets fills the scale, and the next attempt begins at its end', async () => {
  const bars = barsOf(pageOf([resultOf(await recorded('ipv6-blackhole.go'))]))
  const given = bars.findIndex(({ words }) => /given up/.test(words))
  const [lost, next] = bars.slice(given)
  assert.ok(lost && next, JSON.stringify(bars))
  assert.match(next.words, /127\.0\.0\.1:1323 connected/)
  assert.ok(lost.width > 85, String(lost.width))
  assert.ok(next.left > 85 && next.width < 5, JSON.stringify(next))
})

test('clients of one scenario share its section and its scale; another scenario has its own', async () => {
  const [node, go] = [resultOf(await recorded('stale-connection.node')), resultOf(await recorded('stale-connection.go'))]
  const page = pageOf([node, go, resultOf(await recorded('all-down.node'))])
  assert.equal(problemOf(page), undefined)
  assert.equal(page.match(/<section /g)?.length, 2)
  assert.match(textOf(page), /stale-connection .* ✓ node node 20\S* .*✓ go go go1\./)
  assert.match(page, /<a href="#scenario-2">all-down<\/a>/)
  assert.doesNotMatch(pageOf([node, go]), /<a /)
})

test('one client in two runtimes or versions is two clients', () => {
  const page = pageOf([told200(), told200({ runtime: 'loopback' })])
  assert.equal(page.match(/<section /g)?.length, 1)
  assert.match(textOf(page), /node \(runtime netns\) .* node \(runtime loopback\) /)
  assert.equal(page.match(/<div class="lane">/g)?.length, 2)
})

test('of several repetitions the first that did not pass is shown, and the rest are counted', () => {
  const failed = {
    ...told200({ seed: 8, repetition: 2 }),
    verdict: judge(buildTimeline(told(scenarioOf(oneRequest('{ status: 200 }')), [[]]))),
  }
  assert.notEqual(failed.verdict.outcome, 'pass')
  const page = pageOf([told200({ seed: 7 }), failed, told200({ seed: 9, repetition: 3 })])
  assert.match(textOf(page), /seed 8 .* 2 of 3 repetitions passed, this is number 2/)
  assert.equal(page.match(/<div class="lane">/g)?.length, 1)
})

test('of many requests the first is shown, the first that failed, and who served how many', () => {
  const requests = Array.from({ length: 9 }, (_, i) =>
    request(i + 1, {
      at: 1 + i * 100,
      ...(i === 7
        ? { error: 'reset', message: 'the eighth' }
        : { uses: ['new'], served: [[i % 2 === 0 ? '127.0.0.1' : '127.0.0.2', 1]], status: 200 }),
    }),
  ).flat()
  const text = textOf(pageOf([resultOf(told(scenarioOf(oneRequest('{ status: 200 }', { times: 9 })), [requests]))]))
  assert.match(text, /request 1 of 9 .* request 8 of 9 .* reset the eighth /)
  assert.doesNotMatch(text, /request 2 of 9/)
  assert.match(text, /served by 127\.0\.0\.1 127\.0\.0\.2 nobody node 5 56 % 3 33 % 1 11 % /)
  assert.match(text, /✗ reset \(request 8\) expected 200/)
})

test('what could not be seen, was not reached or not run is told with what to do', () => {
  const scenario = scenarioOf(`${oneRequest('{ status: 200 }')}  - stop: all\n${oneRequest('{ error: connection-refused }')}`)
  const trouble = {
    ms: 100,
    unit: 'lab',
    event: 'trouble',
    code: 'UNIT_FAILED',
    message: 'The server has died.',
    remedy: 'read this',
  }
  const missing = { scenario: 's', variant: 'v', reason: 'v is not on this machine', remedy: 'install it' }
  const text = textOf(pageOf([resultOf(told(scenario, [[...request(1, { status: 200 }), trouble]]))], [missing]))
  assert.match(text, /1 run: 1 (broken|inconclusive), 1 not run/)
  assert.match(text, /The server has died\. read this/)
  assert.match(text, /stop: all node: not reached/)
  assert.match(text, /Not run s with v: v is not on this machine\. To add it: install it/)
})

test('words of a client or a file are text, never markup, and the page loads nothing', () => {
  const hostile = 'a</style><script>x()</script><img src="http://a.test/"> & \'d\'\u0000\u001b[31m'
  const scenario = { ...scenarioOf(oneRequest('{ status: 200 }')), title: hostile, about: hostile, name: hostile }
  const told1 = told(scenario, [[...request(1, { error: 'reset', message: hostile, resolved: [hostile] })]])
  const page = pageOf([resultOf(told1), told200()], [{ scenario: hostile, variant: hostile, reason: hostile, remedy: hostile }])
  assert.equal(problemOf(page), undefined)
  assert.doesNotMatch(page, /<script|<img|<link|\bsrc="|url\(/)
  assert.match(textOf(page), /<script>x\(\)<\/script><img src="http:\/\/a\.test\/"> & 'd'/)
  assert.match(page, /Content-Security-Policy" content="default-src 'none'/)
})
