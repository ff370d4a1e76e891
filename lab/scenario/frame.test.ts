import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatProblems } from './frame.ts'
import { parseScenario } from './parse.ts'
import type { PlacedProblem } from './problems.ts'

const problem = (line: number, column: number, length: number, help?: string): PlacedProblem => ({
  path: [],
  at: 'value',
  message: 'what is wrong',
  help,
  line,
  column,
  length,
})

test('a problem is its place, two lines around it, a caret run, and help', () => {
  const text = 'a: 1\nb: 2\nc: three\nd: 4\ne: 5\nf: 6\n'
  assert.equal(
    formatProblems('x.yaml', text, [problem(3, 4, 5, 'write 3')]),
    [
      'x.yaml:3:4: what is wrong',
      '  1 | a: 1',
      '  2 | b: 2',
      '> 3 | c: three',
      '    |    ^^^^^',
      '  4 | d: 4',
      '  5 | e: 5',
      '  = write 3',
      '',
      '1 problem in x.yaml',
      '',
    ].join('\n'),
  )
})

test('line numbers stay in one column when they grow', () => {
  const text = Array.from({ length: 12 }, (_, i) => `k${i + 1}: 1`).join('\n')
  const lines = formatProblems('x', text, [problem(9, 1, 2)]).split('\n')
  assert.deepEqual(lines.slice(1, 7), [
    '   7 | k7: 1',
    '   8 | k8: 1',
    '>  9 | k9: 1',
    '     | ^^',
    '  10 | k10: 1',
    '  11 | k11: 1',
  ])
})

test('the caret run stands under wide, combining and tab characters as a terminal shows them', () => {
  const caretOf = (text: string, column: number, length: number) =>
    formatProblems('x', text, [problem(1, column, length)]).split('\n')[2]
  assert.equal(caretOf('日本: x', 5, 1), '    |       ^')
  assert.equal(caretOf('e\u0301: x', 5, 1), '    |    ^')
  assert.equal(caretOf('\tx', 2, 1), '    |  ^')
})

test('a long line is cropped around the mistake', () => {
  const text = `a: [${'127.0.0.1, '.repeat(100)}x]`
  const [, line = '', caret = ''] = formatProblems('x', text, [problem(1, text.length - 1, 1)]).split('\n')
  assert.ok(line.length < 130 && line.includes('…'))
  assert.equal(line[caret.indexOf('^')], 'x')
})

test('no byte of a file reaches the terminal as a command', () => {
  const text = 'title: "\u001b[2Jgone\u009b31m\u202e"\n'
  const parsed = parseScenario(text, 'x')
  assert.ok(!parsed.ok)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  assert.doesNotMatch(formatProblems('a\u001bb.yaml', text, parsed.problems), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
})

test('colour is only there when asked for', () => {
  assert.ok(!formatProblems('x', 'a: 1', [problem(1, 1, 1)]).includes('\u001b'))
  assert.ok(formatProblems('x', 'a: 1', [problem(1, 1, 1)], { color: true }).includes('\u001b['))
})

test('a flood of problems is cut, and the rest counted', () => {
  const text = 'a\n'.repeat(60)
  const report = formatProblems(
    'x',
    text,
    Array.from({ length: 60 }, (_, i) => problem(i + 1, 1, 1)),
  )
  assert.match(report, /60 problems in x \(35 more than shown\)/)
})
