/** A shipped scenario can be given any client: what it expects of all of them must not be one client's own habit. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runtimes } from '../lab/runtimes/open.ts'
import { findProgram } from '../lab/runtimes/programs.ts'
import { lab } from '../lab/testing/command.ts'
import type { Verdict } from '../lab/verdicts/verdict.ts'

/** Those that do not rest on a kept connection, which curl has none of, nor on a setting that it was not given. */
const names = [
  'aaaa-silent',
  'all-down',
  'both-families',
  'dns-silent',
  'fallback-delay',
  'frozen-server',
  'ipv6-blackhole',
  'ipv6-preferred',
  'ipv6-refused',
  'name-not-found',
  'sorted-answers',
  'truncated-answer',
]
const opened = await runtimes.netns.open(AbortSignal.timeout(10_000)).catch(() => undefined)
await opened?.stop()
const skip = !opened ? 'no network namespaces here' : findProgram('curl') ? false : 'there is no curl here'

test('curl, of which no scenario knows anything, fails none that it behaves well in', { skip }, async () => {
  const { stdout, stderr } = await lab([
    'run',
    ...names,
    '--runtime',
    'netns',
    '--client',
    'curl',
    '--seed',
    '1',
    '--reporter',
    'json',
  ])
  assert.match(stdout, /^\{/, stderr)
  const { runs } = JSON.parse(stdout) as { runs: (Verdict & { readonly scenario: string })[] }
  assert.equal(runs.length, names.length)
  const bad = runs.flatMap(({ scenario, checks }) =>
    checks
      .filter(({ outcome }) => outcome === 'fail')
      .map(({ step, key, expected, seen }) => ({ scenario, step, key, expected, seen })),
  )
  assert.deepEqual(bad, [])
  assert.deepEqual(
    runs.filter(({ outcome }) => outcome !== 'pass' && outcome !== 'inconclusive').map(({ scenario }) => scenario),
    [],
  )
})
