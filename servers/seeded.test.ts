import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seeded } from './seeded.ts'

const draws = (key: string, count: number): number[] => {
  const draw = seeded(key)
  return Array.from({ length: count }, draw)
}

test('the same key draws the same numbers, another key others', () => {
  assert.deepEqual(draws('1 127.0.0.1 1', 20), draws('1 127.0.0.1 1', 20))
  assert.notDeepEqual(draws('1 127.0.0.1 1', 20), draws('2 127.0.0.1 1', 20))
  assert.notDeepEqual(draws('1 127.0.0.1 1', 20), draws('1 127.0.0.2 1', 20))
})

test('numbers spread evenly over 0 ≤ x < 1', () => {
  for (const key of ['1', '2', '3']) {
    const numbers = draws(key, 10_000)
    assert.ok(numbers.every((x) => x >= 0 && x < 1))
    for (let tenth = 0; tenth < 10; tenth++) {
      const share = numbers.filter((x) => Math.floor(x * 10) === tenth).length / numbers.length
      assert.ok(share > 0.085 && share < 0.115, `${key}: ${share} of the numbers in tenth ${tenth}`)
    }
  }
})
