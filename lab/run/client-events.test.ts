import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LabError } from '../errors.ts'
import { Recorder } from '../journal/recorder.ts'
import { readClientEvent } from './client-events.ts'

const second = 1_000_000
const startedUs = 1_700_000_000 * second
const recorder = () => {
  const made = new Recorder()
  made.note({ event: 'step-started', step: 0 }, startedUs)
  return made
}
const closedAt = (atUs: number) => JSON.stringify({ event: 'connection-closed', atUs, connection: 1 })

test('an event may be told long after it happened: packets are read when a command has ended, and a lab may be suspended', () => {
  const journal = recorder()
  assert.ok(readClientEvent(closedAt(startedUs + second), startedUs + 3600 * second, journal))
  assert.equal(journal.broken.signal.aborted, false)
})

for (const [what, atUs] of [
  ['from before the run', startedUs - 6 * second],
  ['from the future', startedUs + 16 * second],
  ['in milliseconds', startedUs / 1000],
] as const) {
  test(`a time ${what} is found out`, () => {
    const journal = recorder()
    assert.equal(readClientEvent(closedAt(atUs), startedUs + 10 * second, journal), undefined)
    const { reason } = journal.broken.signal
    assert.ok(reason instanceof LabError && /gives a time \d+ s off/.test(reason.message), String(reason))
  })
}
