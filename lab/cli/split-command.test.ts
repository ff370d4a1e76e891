/** Command lines in words, compared with what a shell makes of them. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import { splitCommand } from './split-command.ts'

/** undefined where the shell finds no end of a quote. */
function asShellSplits(text: string): readonly string[] | undefined {
  const { status, stdout } = spawnSync('/bin/sh', ['-c', `set -f; printf '%s\\0' ${text}`], { encoding: 'utf8' })
  if (status !== 0) return undefined
  const words = stdout.split('\0').slice(0, -1)
  return text.trim() === '' ? [] : words
}

for (const text of [
  'curl -sS {url}',
  '"a \\"b\\" c"',
  'a\\ b',
  '"c\\\\d" c\\\\d',
  '"\\d \\$ \\`"',
  "'it''s' it\\'s",
  'sh -c "exec curl -sS \\"\\$1\\"" sh {url}',
  '"" \'\' a""b',
  "  'a  b'\tc  d ",
  '"a\\\nb" a\\\nb',
  '日"本 "語',
  '',
])
  test(`splits as a shell does: ${JSON.stringify(text)}`, () => {
    assert.deepEqual(splitCommand(text), asShellSplits(text))
  })

for (const text of ['"unterminated {url}', "it's {url}", '"a\\"'])
  test(`refuses a quote that stays open, as a shell does: ${text}`, () => {
    assert.equal(asShellSplits(text), undefined)
    assert.equal(splitCommand(text), undefined)
  })

test('refuses a backslash with nothing after it', () => {
  assert.equal(splitCommand('a \\'), undefined)
})

test('splits 100 random lines of quotes, backslashes and spaces as a shell does', () => {
  const line = fc.string({ unit: fc.constantFrom('a', 'b', ' ', ' ', '"', "'", '\\', '"', '\t'), minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(line, (text) => {
      if (text.trim() === '' || /(^|[^\\])(\\\\)*\\$/.test(text)) return // shells differ in what a last backslash is
      assert.deepEqual(splitCommand(text), asShellSplits(text))
    }),
    { seed: 1323, numRuns: 100 },
  )
})
