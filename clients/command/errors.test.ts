import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectionsOf } from './connections.ts'
import { errorOf, type Seen } from './errors.ts'
import { lookupOf } from './lookup-seen.ts'
import type { CommandEnd } from './run-command.ts'
import { lines, packetsOf } from './testing.ts'

const seen = (...text: readonly string[]): Seen => {
  const packets = packetsOf(text)
  return { connections: connectionsOf(packets), lookup: lookupOf(packets) }
}
const end = (code: number | null, more: Partial<CommandEnd> = {}): CommandEnd => ({
  endedUs: 0,
  code,
  signal: null,
  stopped: undefined,
  stdout: '',
  stderr: '',
  ...more,
})
const { lookup, nxdomain, nodata, servfail, unanswered, refused, silent, connected, bytes, serverReset, serverFin } = lines

const rows: readonly [program: string, code: number, seen: Seen | undefined, kind: string | undefined][] = [
  // curl(1), EXIT CODES
  ['curl', 0, seen(...lookup, ...connected, ...bytes), undefined],
  ['curl', 6, seen(...nxdomain), 'name-not-found'],
  ['curl', 6, seen(...nodata), 'name-not-found'],
  ['curl', 6, seen(...servfail), 'dns-failure'],
  ['curl', 6, seen(...unanswered), 'dns-timeout'],
  ['curl', 6, undefined, 'other'],
  ['curl', 7, seen(...lookup, ...refused), 'connection-refused'],
  ['curl', 7, seen(...lookup, ...silent), 'connect-timeout'],
  ['curl', 7, seen(...lookup), 'unreachable'],
  ['curl', 7, undefined, 'other'],
  ['curl', 18, undefined, 'body-incomplete'],
  ['curl', 22, seen(...lookup, ...connected, ...bytes), undefined],
  ['curl', 28, seen(...unanswered), 'dns-timeout'],
  ['curl', 28, seen(...lookup, ...silent), 'connect-timeout'],
  ['curl', 28, seen(...lookup, ...connected), 'response-timeout'],
  ['curl', 52, undefined, 'closed'],
  ['curl', 56, seen(...lookup, ...connected, ...serverReset), 'reset'],
  ['curl', 56, undefined, 'reset'],
  ['/usr/bin/curl', 52, undefined, 'closed'],
  // wget(1), EXIT STATUS
  ['wget', 4, seen(...nxdomain), 'name-not-found'],
  ['wget', 4, seen(...lookup, ...refused), 'connection-refused'],
  ['wget', 8, seen(...lookup, ...connected, ...bytes), undefined],
  // any other program: by packets alone
  ['python3', 1, seen(...lookup, ...refused), 'connection-refused'],
  ['python3', 1, seen(...lookup, ...silent), 'connect-timeout'],
  ['python3', 1, seen(...lookup, ...connected, ...serverReset), 'reset'],
  ['python3', 1, seen(...lookup, ...connected, ...serverFin), 'closed'],
  ['python3', 1, seen(...lookup, ...connected, ...bytes, ...serverFin), 'other'],
  ['python3', 1, seen(...servfail), 'dns-failure'],
  ['python3', 1, seen(...lookup), 'other'],
  ['python3', 1, undefined, 'other'],
  ['python3', 7, undefined, 'other'], // the number means this to curl only
]

for (const [program, code, what, kind] of rows) {
  const packets = what
    ? `${what.lookup ?? 'no lookup'}, ${what.connections.map((one) => one.outcome).join() || 'no attempt'}`
    : 'no packets'
  test(`${program} exit ${code} with ${packets} is ${kind ?? 'no error'}`, () => {
    assert.equal(errorOf(program, end(code), 1000, what)?.kind, kind)
  })
}

test('a command that was killed when time was up failed where it stood', () => {
  const killed = end(null, { signal: 'SIGKILL', stopped: 'timeout' })
  const kindOf = (what: Seen | undefined) => errorOf('x', killed, 1000, what)?.kind
  assert.equal(kindOf(seen(...unanswered)), 'dns-timeout')
  assert.equal(kindOf(seen(...lookup, ...silent)), 'connect-timeout')
  assert.equal(kindOf(seen(...lookup, ...refused)), 'connect-timeout')
  assert.equal(kindOf(seen(...lookup, ...connected)), 'response-timeout')
  assert.equal(kindOf(undefined), 'other')
})

test('the message is the last line of standard error, or the exit code', () => {
  assert.deepEqual(errorOf('x', end(3, { stderr: 'Traceback:\n  it broke\n\n' }), 1000, undefined), {
    kind: 'other',
    message: 'it broke',
    code: 'exit 3',
  })
  assert.equal(errorOf('x', end(3), 1000, undefined)?.message, 'exit code 3')
  assert.equal(errorOf('x', end(null, { signal: 'SIGSEGV' }), 1000, undefined)?.message, 'killed by SIGSEGV')
})
