import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DnsFault, ZoneData } from '../unit/protocol.ts'
import { faultEffects } from './faults.ts'
import { types } from './parameters.ts'
import { query } from './testing/messages.ts'
import { askUdp, runServer, TcpAsker, udpSocket } from './testing/running-server.ts'

const healthy = { A: { addresses: ['127.0.0.1'] }, AAAA: { addresses: ['::1'] } }
const withFault = (fault: DnsFault): ZoneData => ({ 'ha.lab.test': { ...healthy, fault }, 'ok.lab.test': healthy })

const responses: readonly (readonly [DnsFault, number, boolean])[] = [
  ['formerr', 1, false],
  ['servfail', 2, false],
  ['nxdomain', 3, true],
  ['notimp', 4, false],
  ['refused', 5, false],
  ['nodata', 0, true],
]
for (const [fault, rcode, authoritative] of responses) {
  test(`${fault} answers rcode ${rcode}${authoritative ? ' with SOA' : ''} while it is in force, and not before or after`, async (context) => {
    const server = await runServer(context, { 'ha.lab.test': healthy })
    const socket = await udpSocket(context, server.port)
    const tcp = new TcpAsker(context, server.port)
    assert.deepEqual((await askUdp(socket, query('ha.lab.test'))).addresses, ['127.0.0.1'])
    server.replace(withFault(fault))
    tcp.send(query('ha.lab.test'))
    for (const answer of [await askUdp(socket, query('ha.lab.test')), await tcp.next()]) {
      assert.deepEqual([answer.rcode, answer.authoritative, answer.answers], [rcode, authoritative, []])
      assert.deepEqual(answer.authorities, authoritative ? [`test ${types.SOA}`] : [])
    }
    assert.deepEqual((await askUdp(socket, query('ok.lab.test'))).addresses, ['127.0.0.1'])
    server.replace({ 'ha.lab.test': healthy })
    assert.deepEqual((await askUdp(socket, query('ha.lab.test'))).addresses, ['127.0.0.1'])
    const met = server.events.map((event) => event.event === 'query' && event.fault)
    assert.deepEqual(met, [undefined, fault, fault, undefined, undefined])
  })
}

test('every fault word is tested', () => {
  const tested = [...responses.map(([fault]) => fault), 'silent', 'truncated']
  assert.deepEqual(tested.sort(), Object.keys(faultEffects).sort())
})

test('silent answers neither over UDP nor over TCP, where the connection stays open for other names', async (context) => {
  const server = await runServer(context, withFault('silent'))
  const socket = await udpSocket(context, server.port)
  socket.send(query('ha.lab.test', { id: 1 }))
  assert.equal((await askUdp(socket, query('ok.lab.test', { id: 2 }))).id, 2)
  const tcp = new TcpAsker(context, server.port)
  tcp.send(query('ha.lab.test', { id: 3 }))
  tcp.send(query('ok.lab.test', { id: 4 }))
  assert.equal((await tcp.next()).id, 4)
  assert.equal(tcp.socket.readyState, 'open')
  const seen = server.events.map((event) => event.event === 'query' && [event.transport, event.fault, event.answer?.rcode])
  assert.deepEqual(seen, [
    ['udp', 'silent', undefined],
    ['udp', undefined, 'NOERROR'],
    ['tcp', 'silent', undefined],
    ['tcp', undefined, 'NOERROR'],
  ])
})

test('a silent AAAA leaves A alone', async (context) => {
  const server = await runServer(context, { 'ha.lab.test': { A: { addresses: ['127.0.0.1'] }, AAAA: { fault: 'silent' } } })
  const socket = await udpSocket(context, server.port)
  socket.send(query('ha.lab.test', { type: types.AAAA, id: 1 }))
  assert.equal((await askUdp(socket, query('ha.lab.test', { id: 2 }))).id, 2)
})

test('truncated sets TC without records over UDP, keeps OPT, and serves the whole answer over TCP', async (context) => {
  const server = await runServer(context, withFault('truncated'))
  const cut = await askUdp(await udpSocket(context, server.port), query('ha.lab.test', { edns: {} }))
  assert.deepEqual([cut.truncated, cut.rcode, cut.answers, cut.opt?.udpSize], [true, 0, [], 1232])
  const tcp = new TcpAsker(context, server.port)
  tcp.send(query('ha.lab.test'))
  const whole = await tcp.next()
  assert.deepEqual([whole.truncated, whole.addresses], [false, ['127.0.0.1']])
  const [udpEvent, tcpEvent] = server.events
  assert.ok(udpEvent?.event === 'query' && udpEvent.fault === 'truncated' && udpEvent.answer?.truncated)
  assert.ok(tcpEvent?.event === 'query' && tcpEvent.fault === undefined && tcpEvent.answer?.truncated === false)
})

test('a truncated answer does not move a script on: the one over TCP does', async (context) => {
  const server = await runServer(context, { 'a.test': { A: { sequence: [['127.0.0.1'], ['127.0.0.2']], fault: 'truncated' } } })
  assert.equal((await askUdp(await udpSocket(context, server.port), query('a.test'))).truncated, true)
  const tcp = new TcpAsker(context, server.port)
  tcp.send(query('a.test'))
  assert.deepEqual((await tcp.next()).addresses, ['127.0.0.1'])
})

test('a delayed answer is a query event at once, an answer event when sent, and never early', async (context) => {
  const server = await runServer(context, { 'ha.lab.test': { ...healthy, AAAA: { addresses: ['::1'], delayMs: 120 } } })
  const socket = await udpSocket(context, server.port)
  const answer = await askUdp(socket, query('ha.lab.test', { type: types.AAAA }))
  assert.deepEqual(answer.addresses, ['::1'])
  const late = await server.event(({ event }) => event === 'answer')
  const [asked] = server.events
  assert.ok(asked?.event === 'query' && asked.fault === 'delayed' && asked.answer === undefined)
  assert.ok(late.event === 'answer' && late.query === asked.query && late.answer.bytes === answer.bytes.length)
  const tookMs = (late.atUs - asked.atUs) / 1000
  assert.ok(tookMs >= 120 && tookMs < 3000, `took ${tookMs} ms`)
  assert.deepEqual((await askUdp(socket, query('ha.lab.test'))).addresses, ['127.0.0.1'])
  assert.equal(server.events.length, 3, 'A is not held back')
})

test('a fault with a delay comes late', async (context) => {
  const server = await runServer(context, { 'ha.lab.test': { fault: 'servfail', delayMs: 60 } })
  assert.equal((await askUdp(await udpSocket(context, server.port), query('ha.lab.test'))).rcode, 2)
  const late = await server.event(({ event }) => event === 'answer')
  const [asked] = server.events
  assert.ok(asked?.event === 'query' && asked.fault === 'servfail' && late.atUs - asked.atUs >= 60_000)
})
