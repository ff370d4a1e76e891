import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseZoneFile, ZoneFileError } from './zone-file.ts'

test('a zone file is read into a zone', () => {
  const text = `
ha.lab.test: { A: [127.0.0.1, 127.0.0.2], AAAA: silent, order: shuffled, at_most: 2, ttl: 30s, delay: 200ms }
www.lab.test: { CNAME: ha.lab.test }
a.lab.test:
  A: { sequence: [[127.0.0.1], []], delay: 1.5s }
  AAAA: { addresses: ["::1"], fault: truncated }
  fault: servfail
`
  assert.deepEqual(parseZoneFile(text, 'zone.yaml'), {
    'ha.lab.test': {
      A: { addresses: ['127.0.0.1', '127.0.0.2'] },
      AAAA: { fault: 'silent' },
      order: 'shuffled',
      atMost: 2,
      ttlS: 30,
      delayMs: 200,
    },
    'www.lab.test': { CNAME: 'ha.lab.test' },
    'a.lab.test': {
      A: { sequence: [['127.0.0.1'], []], delayMs: 1500 },
      AAAA: { addresses: ['::1'], fault: 'truncated' },
      fault: 'servfail',
    },
  })
})

test('every problem is named with its line and column', () => {
  const text = `ha.lab.test:
  A: [127.0.0.1, 10.0.0.1]
  AAAA: sient
  order: shufled
  ttl: 30
  fault: [silent]
  weight: 3
example.com: { A: { sequence: 3, until: 4 } }
b.test: 7
`
  const messageOf = () => {
    try {
      parseZoneFile(text, 'z.yaml')
    } catch (error) {
      if (error instanceof ZoneFileError) return error.message
    }
    return ''
  }
  const message = messageOf()
  for (const expected of [
    /^z\.yaml:2:6 ha\.lab\.test A holds 10\.0\.0\.1/m,
    /^z\.yaml:3:9 ha\.lab\.test AAAA is "sient": write a list of addresses, or a fault \(silent, /m,
    /^z\.yaml:4:10 ha\.lab\.test order is "shufled": use as_written, shuffled, rotated/m,
    /^z\.yaml:5:8 ha\.lab\.test ttl is 30: .* such as 200ms or 30s/m,
    /^z\.yaml:6:10 ha\.lab\.test fault is \["silent"\]: use silent/m,
    /^z\.yaml:7:11 ha\.lab\.test weight is no field of a name: use A, AAAA, CNAME/m,
    /^z\.yaml:8:31 example\.com A sequence is no list of lists/m,
    /^z\.yaml:8:41 example\.com A until is no field of a type/m,
    /^z\.yaml:8:14 example\.com is not under \.test/m,
    /^z\.yaml:9:9 b\.test is not a map/m,
  ]) {
    assert.match(message, expected)
  }
})

for (const [what, text, message] of [
  ['an empty file', '', /^z:1:1 holds no names/],
  ['bad YAML', 'a: [', /^z:1:\d+ /],
  ['a name given twice', 'a.test: {}\na.test: {}', /^z:2:1 .*unique/],
  ['a circle', 'a.test: { CNAME: b.test }\nb.test: { CNAME: a.test }', /^z:1:18 a\.test CNAME never arrives/],
] as const) {
  test(`${what} is refused`, () => {
    assert.throws(() => parseZoneFile(text, 'z'), { name: 'ZoneFileError', message })
  })
}
