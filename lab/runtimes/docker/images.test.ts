import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { clients } from '../../clients.ts'
import { packageRoot } from '../../paths.ts'
import { images, pinned, pins, pullName, splitTag } from './images.ts'

test('an image is pulled by its digest where that is known, else by its tag', () => {
  assert.equal(pullName({ image: 'node:20' }), 'node:20')
  assert.equal(pullName({ image: 'node:20', digest: 'sha256:ab' }), 'node@sha256:ab')
  assert.equal(pullName({ image: 'localhost:5000/curl:8', digest: 'sha256:ab' }), 'localhost:5000/curl@sha256:ab')
})

test('the port of a registry is no tag', () => {
  assert.deepEqual(splitTag('localhost:5000/curl'), { name: 'localhost:5000/curl', tag: 'latest' })
  assert.deepEqual(splitTag('localhost:5000/curl:8'), { name: 'localhost:5000/curl', tag: '8' })
})

test('every image of the lab has a line in the table, and one of somebody else has no digest', () => {
  assert.deepEqual(new Set(pins.map(({ image }) => image)), new Set(Object.values(images)))
  assert.deepEqual(pinned('python:3.13-slim'), { image: 'python:3.13-slim' })
  for (const { digest } of pins) if (digest !== undefined) assert.match(digest, /^sha256:[0-9a-f]{64}$/)
})

test('the clients and the documentation name the images that the table has', () => {
  const docs = readFileSync(join(packageRoot, 'docs', 'docker.md'), 'utf8')
  for (const image of Object.values(images)) assert.ok(docs.includes(`| \`${image}\` |`), image)
  for (const client of Object.values(clients))
    if (client.program === 'command' && client.image)
      assert.ok(
        pins.some(({ image }) => image === client.image),
        client.image,
      )
})
