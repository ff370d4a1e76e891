import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { editDistance, nearest } from './nearest.ts'

const words = ['connection', 'connect', 'expect', 'stop', 'start', 'status', 'fallback_delay', 'go', 'node']

test('one wrong, missing, additional or swapped letter is one edit', () => {
  for (const [a, b] of [
    ['stop', 'step'],
    ['stop', 'stp'],
    ['stop', 'stoop'],
    ['stop', 'sotp'],
  ] as const)
    assert.equal(editDistance(a, b), 1)
  assert.equal(editDistance('', 'abc'), 3)
})

test('the nearest word is named, whatever its case and hyphens', () => {
  assert.equal(nearest('conection', words), 'connection')
  assert.equal(nearest('stpo', words), 'stop')
  assert.equal(nearest('fallbackDelay', words), 'fallback_delay')
  assert.equal(nearest('Fallback-Delay', words), 'fallback_delay')
  assert.equal(nearest('nod', words), 'node')
})

test('a word near to none is given no advice', () => {
  for (const word of ['', 'x', 'blackhole', 'toString', 'py', 'z'.repeat(1000)])
    assert.equal(nearest(word, words), undefined, word)
})

test('the distance is symmetric, 0 for the same word only, and at most the longer length', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
      const distance = editDistance(a, b)
      assert.equal(distance, editDistance(b, a))
      assert.equal(distance === 0, a === b)
      assert.ok(distance <= Math.max(a.length, b.length))
    }),
    { seed: 1, numRuns: 500 },
  )
})
