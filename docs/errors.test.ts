import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorCode, errorCodes, LabError } from '../lab/errors.ts'
import { read } from './testing/markdown.ts'

const rows = [...read('docs/errors.md').matchAll(/^\| `([A-Z_]+)` \| (.*) \| (.*) \|$/gm)].map(
  ([, code = '', means = '', remedy = '']) => ({ code, means, remedy }),
)

test('docs/errors.md has every code of the table once, in its order, each with a remedy', () => {
  assert.deepEqual(
    rows.map(({ code }) => code),
    Object.keys(errorCodes),
  )
  assert.ok(rows.every(({ means, remedy }) => means.length > 10 && remedy.length > 10))
})

test('the codes marked inconclusive are those that make a run inconclusive', () => {
  for (const { code, means } of rows)
    assert.equal(means.startsWith('*inconclusive*'), new LabError(code as ErrorCode, '').inconclusive, code)
})
