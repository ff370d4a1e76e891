import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeScenario, maxBytes, placeIn } from './text.ts'

const decode = (...parts: (string | number[])[]) =>
  decodeScenario(Buffer.concat(parts.map((part) => Buffer.from(part as string))))

test('UTF-8 is read, with or without a byte order mark', () => {
  assert.equal(decode('title: naïve 日本'), 'title: naïve 日本')
  assert.equal(decode([0xef, 0xbb, 0xbf], 'title: x'), 'title: x')
})

test('a byte that is not UTF-8 is shown at its line and column', () => {
  const problem = decode('a: 1\nnaïve: ', [0xff], '\n')
  assert.ok(typeof problem !== 'string')
  assert.deepEqual([problem.line, problem.column], [2, 8])
  assert.match(problem.message, /not UTF-8/)
})

test('a sequence cut off at the end of the file is not UTF-8', () => {
  assert.ok(typeof decode('a: ', [0xe6, 0x97]) !== 'string')
})

test('UTF-16 is named as such', () => {
  const problem = decode([0xff, 0xfe], 't\0i\0')
  assert.ok(typeof problem !== 'string' && problem.message.includes('UTF-16'))
})

test('a file over the limit is refused before it is decoded, one of exactly the limit is not', () => {
  assert.equal(typeof decodeScenario(Buffer.alloc(maxBytes, 0x20)), 'string')
  const problem = decodeScenario(Buffer.alloc(maxBytes + 1, 0xff))
  assert.ok(typeof problem !== 'string' && problem.message.includes('256 KB'))
})

test('an offset beyond the text is placed at its last ink', () => {
  assert.deepEqual(placeIn('a: 1\nbc\n\n\n')(9, 10), { line: 2, column: 3, length: 1 })
  assert.deepEqual(placeIn('')(5, 9), { line: 1, column: 1, length: 1 })
})

test('a place of several lines is as long as its first', () => {
  assert.deepEqual(placeIn('a:\n  b: 1\n  c: 2\n')(5, 17), { line: 2, column: 3, length: 4 })
})
