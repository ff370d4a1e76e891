import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ZoneData } from '../unit/protocol.ts'
import { types } from './parameters.ts'
import { type Resolution, Zone } from './zone.ts'
import { ZoneError } from './zone-check.ts'

const data: ZoneData = {
  'ha.lab.test': { A: { addresses: ['127.0.0.1', '127.0.0.2'] }, AAAA: { addresses: [] } },
  'www.lab.test': { CNAME: 'WEB.lab.test' },
  'web.lab.test': { CNAME: 'ha.lab.test' },
  'lost.lab.test': { CNAME: 'nowhere.lab.test' },
  'ill.lab.test': {
    A: { addresses: ['127.0.0.1'], fault: 'silent', delayMs: 5 },
    AAAA: { addresses: ['::1'] },
    fault: 'servfail',
    delayMs: 9,
  },
  'to-ill.lab.test': { CNAME: 'ill.lab.test', delayMs: 100 },
  'half.lab.test': { CNAME: 'ha.lab.test', AAAA: { fault: 'silent' } },
}
const resolve = (name: string, type: keyof typeof types = 'A', zone = data) => new Zone(1, zone).resolve(name, types[type])
const records = ({ fixed }: Resolution) => fixed.map(({ name, type, data: value }) => `${name} ${type} ${value}`)

const rcodes: readonly (readonly [string, keyof typeof types, string, boolean])[] = [
  ['ha.lab.test', 'A', 'NOERROR', true],
  ['ha.lab.test', 'AAAA', 'NOERROR', true],
  ['ha.lab.test', 'TXT', 'NOERROR', true],
  ['lab.test', 'A', 'NOERROR', true],
  ['test', 'NS', 'NOERROR', true],
  ['b.test', 'A', 'NXDOMAIN', true],
  ['x.ha.lab.test', 'A', 'NXDOMAIN', true],
  ['ha\\.lab.test', 'A', 'NXDOMAIN', true],
  ['lost.lab.test', 'A', 'NXDOMAIN', true],
  ['ha.lab.testing', 'A', 'REFUSED', false],
  ['latest', 'A', 'REFUSED', false],
  ['', 'NS', 'REFUSED', false],
  ['ha.lab.test', 'AXFR', 'REFUSED', false],
]
for (const [name, type, rcode, authoritative] of rcodes) {
  test(`${name || '.'} ${type} is ${rcode}`, () => {
    const resolution = resolve(name, type)
    assert.deepEqual([resolution.rcode, resolution.authoritative], [rcode, authoritative])
  })
}

test('a name without the type has no RRset, and neither has an empty list of addresses', () => {
  assert.equal(resolve('ha.lab.test', 'AAAA').rrset, undefined)
  assert.equal(resolve('ha.lab.test', 'A').rrset?.name, 'ha.lab.test')
})

test('a chain of CNAMEs is followed to the addresses, but not when CNAME is asked for', () => {
  const followed = resolve('www.lab.test')
  assert.deepEqual(records(followed), ['www.lab.test CNAME web.lab.test', 'web.lab.test CNAME ha.lab.test'])
  assert.equal(followed.rrset?.name, 'ha.lab.test')
  assert.deepEqual(records(resolve('www.lab.test', 'CNAME')), ['www.lab.test CNAME web.lab.test'])
})

test('a fault or delay of a type wins over the one of the name, which holds for all other types', () => {
  const { fault, delayMs } = resolve('ill.lab.test', 'A')
  assert.deepEqual([fault, delayMs], ['silent', 5])
  for (const type of ['AAAA', 'TXT', 'HTTPS'] as const) {
    const other = resolve('ill.lab.test', type)
    assert.deepEqual([other.fault, other.delayMs, other.rcode, other.withheld], ['servfail', 9, 'SERVFAIL', true])
  }
})

test('a fault behind a CNAME is met through it, and delays add up', () => {
  const { fault, delayMs, rcode, fixed } = resolve('to-ill.lab.test', 'AAAA')
  assert.deepEqual([fault, delayMs, rcode, fixed.length], ['servfail', 109, 'SERVFAIL', 0])
})

test('an alias may have a fault for one type', () => {
  assert.equal(resolve('half.lab.test', 'AAAA').fault, 'silent')
  assert.equal(resolve('half.lab.test', 'A').rrset?.name, 'ha.lab.test')
})

test('replacing a name leaves the others, keeps its query count, and restarts a script only if it changed', () => {
  const script = { A: { sequence: [['127.0.0.1'], ['127.0.0.2']] } }
  const zone = new Zone(1, { 'a.test': script, 'b.test': { A: { addresses: ['127.0.0.3'] } } })
  const before = zone.resolve('a.test', types.A).rrset
  assert.ok(before)
  before.queries = 4
  before.position = 2
  zone.replace({ 'a.test': { ...script, ttlS: 5 } })
  const same = zone.resolve('a.test', types.A).rrset
  assert.deepEqual([same?.queries, same?.position], [4, 2])
  zone.replace({ 'a.test': { A: { sequence: [['127.0.0.1'], ['127.0.0.4']] } } })
  const changed = zone.resolve('a.test', types.A).rrset
  assert.deepEqual([changed?.queries, changed?.position], [4, 0])
  zone.replace({ 'a.test': {} })
  assert.equal(zone.resolve('a.test', types.A).rrset, undefined)
  zone.replace({ 'a.test': script })
  const anew = zone.resolve('a.test', types.A).rrset
  assert.deepEqual([anew?.queries, anew?.position], [4, 0])
  assert.deepEqual(zone.resolve('b.test', types.A).rrset?.answers, [['127.0.0.3']])
})

const bad: readonly (readonly [ZoneData, RegExp])[] = [
  [{ 'example.com': {} }, /^example\.com is not under \.test/],
  [{ 'a..test': {} }, /has the label ""/],
  [{ 'ha lab.test': {} }, /has the label "ha lab"/],
  [{ [`${'a'.repeat(64)}.test`]: {} }, /1 to 63/],
  [{ [`${'a.'.repeat(130)}test`]: {} }, /at most 253/],
  [{ 'a.test': { A: { addresses: ['10.0.0.1'] } } }, /^a\.test\.A holds 10\.0\.0\.1: .*127\.0\.0\.0\/8/],
  [{ 'a.test': { A: { addresses: ['127.0.0.999'] } } }, /127\.0\.0\.999/],
  [{ 'a.test': { AAAA: { addresses: ['::ffff:127.0.0.1'] } } }, /an AAAA record here is ::1/],
  [{ 'a.test': { AAAA: { addresses: ['2001:db8::1'] } } }, /no packet leaves the machine/],
  [{ 'a.test': { A: { addresses: ['127.0.0.1', '127.0.0.1'] } } }, /more than once/],
  [{ 'a.test': { A: { sequence: [] } } }, /sequence is empty/],
  [{ 'a.test': { A: { sequence: [['127.0.0.1'], ['::1']] } } }, /A\.sequence\.1 holds ::1/],
  [{ 'a.test': { A: { addresses: [], sequence: [[]] } } }, /both addresses and a sequence/],
  [{ 'a.test': { ttlS: -1 } }, /ttl is -1 s/],
  [{ 'a.test': { atMost: 0 } }, /at_most is 0/],
  [{ 'a.test': { delayMs: Number.NaN } }, /delay is NaN/],
  [{ 'a.test': { CNAME: 'example.org' } }, /CNAME example\.org is not under/],
  [{ 'a.test': { CNAME: 'b.test', A: { addresses: ['127.0.0.1'] } } }, /stands beside a CNAME/],
  [{ 'a.test': { CNAME: 'b.test' }, 'b.test': { CNAME: 'A.test' } }, /never arrives: a\.test → b\.test → a\.test/],
  [Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`n${n}.test`, { CNAME: `n${n + 1}.test` }])), /never arrives/],
]
for (const [zone, message] of bad) {
  test(`a zone is refused: ${message.source}`, () => {
    assert.throws(() => new Zone(1, zone), { name: 'ZoneError', message })
  })
}

test('a bad replacement changes nothing, and every problem is named', () => {
  const zone = new Zone(1, data)
  assert.throws(
    () => zone.replace({ 'ha.lab.test': { fault: 'servfail' }, 'x.test': { atMost: -1, ttlS: 0.5 } }),
    (error) => error instanceof ZoneError && error.problems.length === 2,
  )
  assert.equal(zone.resolve('ha.lab.test', types.A).rcode, 'NOERROR')
})
