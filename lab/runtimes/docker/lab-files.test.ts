import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inContainer } from './lab-files.ts'

test('files that a command names keep their names; of two with one name, the second gets a folder of its own', () => {
  const carries = ['/a/client.js', '/b/client.js', '/b/data.txt']
  const argv = ['node', ...carries, '{url}']
  assert.deepEqual(inContainer(argv, carries), [
    'node',
    '/lab/carried/client.js',
    '/lab/carried/2/client.js',
    '/lab/carried/data.txt',
    '{url}',
  ])
})
