import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import type { ZoneData } from '../unit/protocol.ts'
import { types } from './parameters.ts'
import { Responder } from './responder.ts'
import { startServer } from './server.ts'
import { query, queryOfLabels } from './testing/messages.ts'
import { askUdp, runServer, udpSocket } from './testing/running-server.ts'
import { UdpListener } from './udp.ts'
import { Zone } from './zone.ts'

const zone: ZoneData = {
  'ha.lab.test': { A: { addresses: ['127.0.0.1', '127.0.0.2', '127.0.0.3'] }, AAAA: { addresses: ['::1'] }, ttlS: 30 },
  'www.lab.test': { CNAME: 'ha.lab.test' },
  'lost.lab.test': { CNAME: 'nowhere.lab.test' },
  'many.lab.test': { A: { addresses: Array.from({ length: 100 }, (_, index) => `127.0.1.${index}`) } },
}
const soa = `test ${types.SOA}`

test('an answer repeats id, question and RD, sets AA, clears RA, and is the event that follows', async (context) => {
  const server = await runServer(context, zone)
  const socket = await udpSocket(context, server.port)
  const asked = query('hA.LaB.tEsT', { id: 0xbeef })
  const answer = await askUdp(socket, asked)
  assert.deepEqual(
    { ...answer, bytes: undefined },
    {
      id: 0xbeef,
      rcode: 0,
      authoritative: true,
      truncated: false,
      recursionDesired: true,
      recursionAvailable: false,
      addresses: ['127.0.0.1', '127.0.0.2', '127.0.0.3'],
      answers: Array(3).fill(`hA.LaB.tEsT ${types.A}`),
      authorities: [],
      opt: undefined,
      bytes: undefined,
    },
  )
  assert.deepEqual(answer.bytes.subarray(12, asked.length), asked.subarray(12), 'upper and lower case as asked')
  const [event] = server.events
  assert.ok(event?.event === 'query' && event.answer && event.answer.atUs >= event.atUs)
  const { atUs: _, answer: sent, ...rest } = event
  assert.deepEqual(rest, {
    event: 'query',
    query: 1,
    name: 'ha.lab.test',
    type: 'A',
    transport: 'udp',
    peerPort: socket.address().port,
  })
  const records = ['127.0.0.1', '127.0.0.2', '127.0.0.3'].map((data) => ({ name: 'ha.lab.test', type: 'A', ttlS: 30, data }))
  assert.deepEqual({ ...sent, atUs: 0 }, { atUs: 0, rcode: 'NOERROR', records, truncated: false, bytes: answer.bytes.length })
})

test('a message that came before, but for its id, gets the new id', async (context) => {
  const server = await runServer(context, zone)
  const socket = await udpSocket(context, server.port)
  for (const id of [0x0102, 0xfefd, 0]) assert.equal((await askUdp(socket, query('ha.lab.test', { id }))).id, id)
})

test('RD is clear in the answer to a query without it', async (context) => {
  const server = await runServer(context, zone)
  const answer = await askUdp(await udpSocket(context, server.port), query('ha.lab.test', { flags: 0 }))
  assert.equal(answer.recursionDesired, false)
})

const answers: readonly (readonly [
  string,
  number,
  { rcode: number; answers?: string[]; authorities?: string[]; authoritative?: boolean },
])[] = [
  ['ha.lab.test', types.AAAA, { rcode: 0, answers: [`ha.lab.test ${types.AAAA}`] }],
  ['ha.lab.test', types.TXT, { rcode: 0, authorities: [soa] }],
  ['lab.test', types.A, { rcode: 0, authorities: [soa] }],
  ['no.lab.test', types.A, { rcode: 3, authorities: [soa] }],
  ['test', types.SOA, { rcode: 0, answers: [soa] }],
  ['ha.lab.test', types.ANY, { rcode: 0, answers: [`ha.lab.test ${types.HINFO}`] }],
  ['www.lab.test', types.AAAA, { rcode: 0, answers: [`www.lab.test ${types.CNAME}`, `ha.lab.test ${types.AAAA}`] }],
  ['www.lab.test', types.TXT, { rcode: 0, answers: [`www.lab.test ${types.CNAME}`], authorities: [soa] }],
  ['www.lab.test', types.CNAME, { rcode: 0, answers: [`www.lab.test ${types.CNAME}`] }],
  ['lost.lab.test', types.A, { rcode: 3, answers: [`lost.lab.test ${types.CNAME}`], authorities: [soa] }],
  ['example.com', types.A, { rcode: 5, authoritative: false }],
  ['', types.NS, { rcode: 5, authoritative: false }],
]
for (const [name, type, expected] of answers) {
  test(`over UDP, ${name || '.'} type ${type} gets ${JSON.stringify(expected)}`, async (context) => {
    const server = await runServer(context, zone)
    const answer = await askUdp(await udpSocket(context, server.port), query(name, { type }))
    const { rcode, authoritative, answers, authorities } = answer
    assert.deepEqual(
      { rcode, authoritative, answers, authorities },
      { authoritative: true, answers: [], authorities: [], ...expected },
    )
  })
}

test('a dot inside a label is no separator, and the question comes back as it was', async (context) => {
  const server = await runServer(context, zone)
  const asked = queryOfLabels(['ha.lab', 'test'])
  const answer = await askUdp(await udpSocket(context, server.port), asked)
  assert.equal(answer.rcode, 3)
  assert.deepEqual(answer.bytes.subarray(12, asked.length), asked.subarray(12))
  const [event] = server.events
  assert.equal(event?.event === 'query' && event.name, 'ha\\.lab.test')
})

const refusals: readonly (readonly [string, Buffer, number, string])[] = [
  ['no question', query('ha.lab.test', { questions: 0 }), 1, 'FORMERR'],
  ['two questions', query('ha.lab.test', { questions: 2 }), 1, 'FORMERR'],
  ['a question cut short', query('ha.lab.test').subarray(0, 20), 1, 'FORMERR'],
  ['a pointer as the question', Buffer.concat([query('').subarray(0, 12), Buffer.from('c00c00010001', 'hex')]), 1, 'FORMERR'],
  ['an OPT record whose options end after the message', withOptionsOf(query('ha.lab.test', { edns: {} }), 4), 1, 'FORMERR'],
  ['an OPT record cut short', query('ha.lab.test', { edns: {} }).subarray(0, -3), 1, 'FORMERR'],
  ['opcode NOTIFY', query('ha.lab.test', { flags: 4 << 11 }), 4, 'NOTIMP'],
  ['class CHAOS', query('version.bind', { class: 3, type: types.TXT }), 5, 'REFUSED'],
]
function withOptionsOf(message: Buffer, length: number): Buffer {
  message.writeUInt16BE(length, message.length - 2)
  return message
}
for (const [what, message, rcode, name] of refusals) {
  test(`${what} is answered with ${name}`, async (context) => {
    const server = await runServer(context, zone)
    const answer = await askUdp(await udpSocket(context, server.port), message)
    assert.deepEqual([answer.id, answer.rcode, answer.authoritative, answer.addresses], [0x1234, rcode, false, []])
    const [event] = server.events
    assert.equal(event?.event === 'bad-message' && event.rcode, name)
  })
}

test('a response and a message shorter than a header get no answer, but an event', async (context) => {
  const server = await runServer(context, zone)
  const socket = await udpSocket(context, server.port)
  socket.send(query('ha.lab.test', { id: 1, flags: 0x8180 }))
  socket.send(Buffer.from('1234'))
  const answer = await askUdp(socket, query('ha.lab.test', { id: 2 }))
  assert.equal(answer.id, 2)
  const reasons = server.events.map((event) => event.event === 'bad-message' && [event.reason, event.rcode])
  assert.deepEqual(reasons, [['a response, not a query', undefined], ['4 bytes are less than a header', undefined], false])
})

test('a datagram from port 0, where nothing can be sent, is an event without an answer', () => {
  const lines: string[] = []
  const listener = new UdpListener('127.0.0.1', new Responder(new Zone(1, zone), (line) => lines.push(line)))
  listener.handle(query('ha.lab.test'), { address: '127.0.0.1', port: 0, family: 'IPv4', size: 0 })
  assert.match(lines.join(), /"peerPort":0}$/)
})

test('OPT is answered with OPT, 1232 bytes and the same DO; EDNS version 1 with BADVERS', async (context) => {
  const server = await runServer(context, zone)
  const socket = await udpSocket(context, server.port)
  assert.equal((await askUdp(socket, query('ha.lab.test'))).opt, undefined)
  assert.deepEqual((await askUdp(socket, query('ha.lab.test', { edns: {} }))).opt, { udpSize: 1232, ttl: 0 })
  assert.deepEqual((await askUdp(socket, query('ha.lab.test', { edns: { dnssecOk: true } }))).opt, { udpSize: 1232, ttl: 0x8000 })
  const bad = await askUdp(socket, query('ha.lab.test', { edns: { version: 1 } }))
  assert.deepEqual([bad.rcode, bad.opt, bad.addresses], [16, { udpSize: 1232, ttl: 1 << 24 }, []])
})

for (const udpSize of [undefined, 512, 1231, 65_535]) {
  test(`100 addresses do not fit over UDP with an EDNS size of ${udpSize ?? 'none'}: TC, no record, OPT kept`, async (context) => {
    const server = await runServer(context, zone)
    const asked = query('many.lab.test', udpSize === undefined ? {} : { edns: { udpSize } })
    const answer = await askUdp(await udpSocket(context, server.port), asked)
    assert.deepEqual([answer.truncated, answer.answers, answer.authorities], [true, [], []])
    assert.equal(answer.opt !== undefined, udpSize !== undefined)
    assert.equal(answer.bytes.length, asked.length)
    const [event] = server.events
    assert.ok(event?.event === 'query' && event.answer)
    const { records, truncated, bytes } = event.answer
    assert.deepEqual([records, truncated, bytes], [[], true, asked.length])
  })
}

test('30 addresses fit 512 bytes, 31 do not: names are compressed', async (context) => {
  const addresses = (count: number) => ({ A: { addresses: Array.from({ length: count }, (_, index) => `127.0.1.${index}`) } })
  const server = await runServer(context, { 'a.test': addresses(30), 'b.test': addresses(31) })
  const socket = await udpSocket(context, server.port)
  assert.equal((await askUdp(socket, query('a.test'))).addresses.length, 30)
  assert.equal((await askUdp(socket, query('b.test'))).truncated, true)
  assert.equal((await askUdp(socket, query('b.test', { edns: {} }))).addresses.length, 31)
})

test('shuffled answers repeat for the same seed, and change with another', async (context) => {
  const shuffled: ZoneData = {
    'ha.lab.test': { A: { addresses: ['127.0.0.1', '127.0.0.2', '127.0.0.3'] }, order: 'shuffled', atMost: 2 },
  }
  const series = async (seed: number) => {
    const server = await runServer(context, shuffled, seed)
    const socket = await udpSocket(context, server.port)
    const seen: string[] = []
    for (let id = 0; id < 40; id++) seen.push((await askUdp(socket, query('ha.lab.test', { id }))).addresses.join(' '))
    return seen
  }
  const first = await series(1)
  assert.deepEqual(await series(1), first)
  assert.notDeepEqual(await series(2), first)
  assert.equal(new Set(first).size, 6)
})

test('a script gives one answer after the other and stays at the last; a type without addresses is NODATA meanwhile', async (context) => {
  const server = await runServer(context, {
    'a.test': { A: { sequence: [['127.0.0.1'], [], ['127.0.0.3', '127.0.0.2']] }, order: 'shuffled' },
  })
  const socket = await udpSocket(context, server.port)
  const seen: string[] = []
  for (let id = 0; id < 5; id++) {
    const { addresses, authorities } = await askUdp(socket, query('a.test', { id }))
    seen.push([...addresses, ...authorities].join(' '))
  }
  assert.deepEqual(seen, ['127.0.0.1', soa, '127.0.0.3 127.0.0.2', '127.0.0.3 127.0.0.2', '127.0.0.3 127.0.0.2'])
})

test('a replaced name is answered anew, though the same message came before', async (context) => {
  const server = await runServer(context, zone)
  const socket = await udpSocket(context, server.port)
  assert.equal((await askUdp(socket, query('ha.lab.test'))).addresses.length, 3)
  server.replace({ 'ha.lab.test': { A: { addresses: ['127.0.0.9'] } } })
  assert.deepEqual((await askUdp(socket, query('ha.lab.test'))).addresses, ['127.0.0.9'])
  assert.equal((await askUdp(socket, query('www.lab.test', { type: types.AAAA }))).answers.length, 1)
})

test('it listens on ::1', async (context) => {
  const probe = createSocket('udp6')
  const missing = await new Promise<boolean>((resolve) => {
    probe.once('error', () => resolve(true))
    probe.bind(0, '::1', () => resolve(false))
  })
  probe.close()
  if (missing) return context.skip('this machine has no ::1')
  const server = await runServer(context, zone, 7, '::1')
  assert.equal((await askUdp(await udpSocket(context, server.port, '::1'), query('ha.lab.test'))).addresses.length, 3)
})

test('a port that another process holds, for UDP or for TCP, is an error with its code', async (context) => {
  const responder = new Responder(new Zone(1, {}), () => {})
  const tcp = createServer().listen(0, '127.0.0.1')
  context.after(() => tcp.close())
  await once(tcp, 'listening')
  const address = tcp.address()
  assert.ok(typeof address === 'object' && address)
  await assert.rejects(startServer('127.0.0.1', address.port, responder), { code: 'EADDRINUSE' })
  const udp = createSocket('udp4').bind(0, '127.0.0.1')
  context.after(() => udp.close())
  await once(udp, 'listening')
  await assert.rejects(startServer('127.0.0.1', udp.address().port, responder), { code: 'EADDRINUSE' })
})

test('stop is safe twice, and frees the port for UDP and TCP', async () => {
  const start = (port: number) => startServer('127.0.0.1', port, new Responder(new Zone(1, {}), () => {}))
  const first = await start(0)
  await first.stop()
  await first.stop()
  const second = await start(first.port)
  await second.stop()
})
