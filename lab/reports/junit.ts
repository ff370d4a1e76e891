/** The report for CI servers: a test suite for each run, a test case for each expectation. */
import type { Check } from '../verdicts/verdict.ts'
import type { Reporter } from './reporter.ts'
import type { MissingClient, RunResult } from './result.ts'

export const junit: Reporter = {
  run: () => '',
  missing: () => '',
  end({ runs, missing }) {
    const suites = [...runs.map(suite), ...missing.map(missingSuite)]
    return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="failover-lab">\n${suites.join('')}</testsuites>\n`
  },
}

function suite({ timeline, verdict, tookMs }: RunResult): string {
  const { scenario, variant, repetition } = timeline.run
  const name = `${scenario.name} ${variant.name}${repetition > 1 ? ` #${repetition}` : ''}`
  const unsure = verdict.reasons.map(({ message, remedy }, i) => ({
    name: `run ${i + 1}`,
    body: `<error type="${verdict.outcome}" message="${escapeXml(remedy ? `${message} (${remedy})` : message)}"/>`,
  }))
  const cases = [...verdict.checks.map((check) => ({ name: checkName(check), body: checkBody(check) })), ...unsure]
  const failures = verdict.checks.filter((check) => check.outcome === 'fail').length
  const errors = cases.length - verdict.checks.length + verdict.checks.filter((check) => check.outcome === 'inconclusive').length
  const rows = cases.map(
    ({ name: caseName, body }) =>
      `    <testcase classname="${escapeXml(name)}" name="${escapeXml(caseName)}">${body}</testcase>\n`,
  )
  return `  <testsuite name="${escapeXml(name)}" tests="${cases.length}" failures="${failures}" errors="${errors}" skipped="0" time="${(tookMs / 1000).toFixed(3)}">\n${rows.join('')}  </testsuite>\n`
}

const checkName = ({ step, repetition, key }: Check): string =>
  `step ${step + 1}${repetition === undefined ? '' : `, request ${repetition + 1}`}: ${key}`

function checkBody({ outcome, expected, seen }: Check): string {
  if (outcome === 'pass') return ''
  const message = escapeXml(`expected ${expected}, seen ${seen}`)
  return outcome === 'fail' ? `<failure message="${message}"/>` : `<error type="inconclusive" message="${message}"/>`
}

function missingSuite({ scenario, variant, reason, remedy }: MissingClient): string {
  const name = escapeXml(`${scenario} ${variant}`)
  return `  <testsuite name="${name}" tests="1" failures="0" errors="0" skipped="1" time="0">\n    <testcase classname="${name}" name="run"><skipped message="${escapeXml(`${reason} (${remedy})`)}"/></testcase>\n  </testsuite>\n`
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\n': '&#10;' }

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML 1.0 forbids
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g

/** For an attribute; control characters that XML forbids become U+FFFD. */
const escapeXml = (text: string): string =>
  text.replace(forbidden, '\ufffd').replace(/[&<>"\n]/g, (character) => entities[character] ?? character)
