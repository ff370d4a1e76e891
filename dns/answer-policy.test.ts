import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnswerOrder } from '../unit/protocol.ts'
import { chooseAnswer, streamOf } from './answer-policy.ts'

interface Draw {
  readonly seed?: number
  readonly type?: string
  readonly queryNumber?: number
  readonly position?: number
  readonly order?: AnswerOrder
  readonly atMost?: number
  readonly count?: number
}
/** The indexes drawn, as one string, and the rank. */
function draw({ seed = 1, type = 'A', queryNumber = 1, position = 0, order = 'shuffled', atMost, count = 3 }: Draw) {
  const chosen: number[] = []
  const rank = chooseAnswer({ order, count, atMost, stream: streamOf(seed, 'ha.lab.test', type), queryNumber, position }, chosen)
  return { indexes: chosen.join(' '), rank }
}
function tally(keys: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  return counts
}
/** Each of `outcomes` within five standard deviations of an equal share. */
function assertEven(counts: Map<string, number>, outcomes: number, draws: number): void {
  assert.equal(counts.size, outcomes)
  const mean = draws / outcomes
  const deviation = Math.sqrt(draws * (1 / outcomes) * (1 - 1 / outcomes))
  for (const [key, count] of counts)
    assert.ok(Math.abs(count - mean) < 5 * deviation, `${key} came ${count} times, not about ${mean}`)
}
const seeds = Array.from({ length: 20_000 }, (_, seed) => seed)

test('each permutation of three is about equally often the first answer of 20,000 seeds', () => {
  assertEven(tally(seeds.map((seed) => draw({ seed }).indexes)), 6, seeds.length)
})

test('each permutation of four is about equally often the 600th answer of 20,000 seeds', () => {
  assertEven(tally(seeds.map((seed) => draw({ seed, count: 4, queryNumber: 600 }).indexes)), 24, seeds.length)
})

test('each permutation is about equally often among 20,000 answers of one seed', () => {
  assertEven(tally(seeds.map((number) => draw({ seed: 42, queryNumber: number + 1 }).indexes)), 6, seeds.length)
})

test('one answer does not tell the next', () => {
  const pairs = seeds.map(
    (number) => `${draw({ queryNumber: number + 1 }).indexes} then ${draw({ queryNumber: number + 2 }).indexes}`,
  )
  assertEven(tally(pairs), 36, seeds.length)
})

test('the answer for A does not tell the one for AAAA', () => {
  assertEven(
    tally(seeds.map((seed) => `${draw({ seed }).indexes} and ${draw({ seed, type: 'AAAA' }).indexes}`)),
    36,
    seeds.length,
  )
})

test('at most two of three are picked evenly, and in either order', () => {
  assertEven(tally(seeds.map((seed) => draw({ seed, atMost: 2 }).indexes)), 6, seeds.length)
  assertEven(tally(seeds.map((seed) => draw({ seed, atMost: 2 }).indexes.split(' ').sort().join(' '))), 3, seeds.length)
})

test('no seed of 500 gives an address the first place in fewer than 140 or more than 260 of 600 answers', () => {
  for (let seed = 0; seed < 500; seed++) {
    const first = tally(
      Array.from({ length: 600 }, (_, index) => draw({ seed, atMost: 2, queryNumber: index + 1 }).indexes.slice(0, 1)),
    )
    for (const count of first.values()) assert.ok(count > 140 && count < 260, `seed ${seed}: ${count}`)
  }
})

test('the same seed, name, type and query number give the same answer', () => {
  for (let queryNumber = 1; queryNumber < 50; queryNumber++) assert.deepEqual(draw({ queryNumber }), draw({ queryNumber }))
})

test('a rank stands for exactly one answer', () => {
  const byRank = new Map<number, string>()
  for (const seed of seeds) {
    const { indexes, rank } = draw({ seed, count: 5, atMost: 3 })
    assert.equal(byRank.get(rank) ?? indexes, indexes)
    byRank.set(rank, indexes)
  }
  assert.equal(byRank.size, 60)
  assert.ok(Number.isNaN(draw({ count: 100 }).rank), 'too many to number')
})

test('as written keeps the order and the first ones; rotated starts one further each time', () => {
  assert.equal(draw({ order: 'as_written', position: 5 }).indexes, '0 1 2')
  assert.equal(draw({ order: 'as_written', atMost: 2 }).indexes, '0 1')
  assert.deepEqual(
    [0, 1, 2, 3].map((position) => draw({ order: 'rotated', position, atMost: 2 }).indexes),
    ['0 1', '1 2', '2 0', '0 1'],
  )
})

test('no address, one address, and more places than addresses are no special case', () => {
  assert.equal(draw({ count: 0 }).indexes, '')
  assert.equal(draw({ count: 0, order: 'rotated', position: 3 }).indexes, '')
  assert.equal(draw({ count: 1 }).indexes, '0')
  assert.equal(draw({ count: 2, atMost: 9, order: 'as_written' }).indexes, '0 1')
})
