import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LabError } from '../errors.ts'
import { Recorder } from './recorder.ts'

const never = new AbortController().signal
const error = (waitedMs: number) => new LabError('UNIT_FAILED', `waited ${waitedMs >= 60 ? 'long' : 'briefly'}`)

test('a deadline passes while nobody works', async () => {
  await assert.rejects(
    new Recorder().until(() => false, { ms: 20, error }, never),
    { message: 'waited briefly' },
  )
  const isAtWork = async () => false
  await assert.rejects(
    new Recorder().until(() => false, { ms: 20, error, isAtWork }, never),
    { message: 'waited briefly' },
  )
})

test('who is seen at work has as long again, each time', async () => {
  let looks = 0
  const isAtWork = async () => ++looks <= 2
  await assert.rejects(
    new Recorder().until(() => false, { ms: 20, error, isAtWork }, never),
    { message: 'waited long' },
  )
  assert.equal(looks, 3)
})

test('who cannot be looked at is not at work', async () => {
  const isAtWork = () => Promise.reject(new Error('gone'))
  await assert.rejects(
    new Recorder().until(() => false, { ms: 20, error, isAtWork }, never),
    { message: 'waited briefly' },
  )
})

test('what is seen after the deadline, while that is extended, counts', async () => {
  const recorder = new Recorder()
  const seen = recorder.until((journal) => journal.length > 0, { ms: 20, error, isAtWork: async () => true }, never)
  setTimeout(() => recorder.note({ event: 'run-ended' }), 50)
  await seen
})
