import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectionNumbers, connectionsOf, eventsOf } from './connections.ts'
import { lookupOf } from './lookup-seen.ts'
import { parsePacket } from './packets.ts'
import { lines, packetsOf, toClient, toServer, toServer6 } from './testing.ts'

const { refused, silent, connected, bytes, serverFin, serverReset } = lines
const outcomes = (...text: readonly string[]) =>
  connectionsOf(packetsOf(text)).map(({ address, outcome }) => `${address} ${outcome}`)
const eventsFor = (text: readonly string[], endedUs = 1_700_000_001_000_000, numbers = new ConnectionNumbers()) =>
  eventsOf(1, connectionsOf(packetsOf(text)), endedUs, numbers)

test('a RST to a SYN is a refusal', () => {
  assert.deepEqual(outcomes(...refused), ['127.0.0.1 refused'])
})

test('a SYN that is sent again is the same attempt, and without an answer it was given up', () => {
  assert.deepEqual(outcomes(...silent), ['127.0.0.1 given_up'])
})

test('SYN, SYN-ACK and ACK make a connection', () => {
  assert.deepEqual(outcomes(...connected), ['127.0.0.1 connected'])
})

test('a SYN-ACK that the client answers with RST came too late', () => {
  assert.deepEqual(outcomes(toServer(5, 'S'), toClient(900, 'S.'), toServer(900.1, 'R')), ['127.0.0.1 given_up'])
})

test('the same port again, after an end, is another attempt', () => {
  assert.deepEqual(outcomes(...refused, ...connected), ['127.0.0.1 refused', '127.0.0.1 connected'])
})

test('attempts are in the order of their first SYN, whatever came of them', () => {
  const events = eventsFor([toServer6(1, 'S'), ...connected, ...bytes, toServer6(950, 'S')])
  assert.deepEqual(
    events.map((event) => [event.event, event.atUs - 1_700_000_000_000_000]),
    [
      ['attempt-started', 1000],
      ['attempt-started', 5000],
      ['attempt-ended', 5100],
      ['connection-used', 6000],
      ['connection-closed', 1_000_000],
    ],
  )
  assert.deepEqual(events[3], {
    event: 'connection-used',
    atUs: 1_700_000_000_006_000,
    request: 1,
    connection: 1,
    reused: false,
    address: '127.0.0.1',
    port: 1323,
    localPort: 40_050,
  })
})

test('numbers go on from one request to the next', () => {
  const numbers = new ConnectionNumbers()
  eventsFor([...refused, ...connected], undefined, numbers)
  const events = eventsFor(connected, undefined, numbers)
  assert.deepEqual(
    events.flatMap((event) => ('attempt' in event ? [event.attempt] : 'connection' in event ? [event.connection] : [])),
    [3, 3, 2, 2],
  )
})

test('nothing happens after the program has ended', () => {
  const endedUs = 1_700_000_000_006_500
  assert.ok(eventsFor([...connected, ...bytes, ...serverFin], endedUs).every((event) => event.atUs <= endedUs))
})

test('who closed first is kept, and how', () => {
  const closed = (...text: readonly string[]) => connectionsOf(packetsOf(text))[0]?.closed
  assert.deepEqual(closed(...connected, ...serverFin), { atUs: 1_700_000_000_008_000, by: 'server', how: 'fin' })
  assert.deepEqual(closed(...connected, ...serverReset), { atUs: 1_700_000_000_008_000, by: 'server', how: 'reset' })
  assert.equal(closed(...connected, toServer(7, 'F.'), toClient(8, 'F.'))?.by, 'client')
})

test('packets of a connection whose SYN was not seen belong to an earlier request', () => {
  assert.deepEqual(outcomes(toServer(1, 'F.'), toClient(1.1, '.')), [])
})

test('lookups are told by their answers', () => {
  const lookup = (text: readonly string[]) => lookupOf(packetsOf(text))
  assert.equal(lookup(lines.lookup), 'found')
  assert.equal(lookup(lines.nxdomain), 'name-not-found')
  assert.equal(lookup(lines.nodata), 'name-not-found')
  assert.equal(lookup(lines.servfail), 'dns-failure')
  assert.equal(lookup(lines.unanswered), 'dns-timeout')
  assert.equal(lookup(lines.late), 'dns-timeout', 'an answer to another query is none')
  assert.equal(lookup(lines.truncated), undefined)
  assert.equal(lookup([]), undefined)
})

test('what tcpdump says besides packets is no packet', () => {
  for (const line of ['', 'listening on lo, link-type EN10MB (Ethernet), snapshot length 262144 bytes', '3 packets captured'])
    assert.equal(parsePacket(line), undefined)
})

test('a marker is told by its length', () => {
  assert.deepEqual(parsePacket('1795418397.549102 IP 127.0.0.1.9 > 127.0.0.1.9: UDP, length 7'), { kind: 'marker', length: 7 })
})
