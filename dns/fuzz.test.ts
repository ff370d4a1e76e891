import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DnsEvent } from '../unit/protocol.ts'
import { types } from './parameters.ts'
import { Responder } from './responder.ts'
import { query, readAnswer } from './testing/messages.ts'
import { askUdp, runServer, TcpAsker, udpSocket } from './testing/running-server.ts'
import { Zone } from './zone.ts'

const zone = {
  'ha.lab.test': { A: { addresses: ['127.0.0.1', '127.0.0.2'] }, order: 'shuffled' },
  'w.lab.test': { CNAME: 'ha.lab.test' },
} as const
const { FUZZ_SEED: given = '20260101' } = process.env
const seed = Number(given)

/** A small generator (xorshift32): the same packets for the same seed. */
function randomSource(start: number): (below: number) => number {
  let state = start | 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

function* mutatedPackets(count: number): Generator<Buffer> {
  const random = randomSource(seed)
  const bases = [
    query('ha.lab.test', { edns: {} }),
    query('w.lab.test', { type: types.AAAA }),
    query('', { type: types.NS, edns: { dnssecOk: true } }),
    query('a.b.c.d.e.example.org', { type: types.ANY, class: 255 }),
  ]
  for (let made = 0; made < count; made++) {
    const packet = Buffer.from(bases[random(bases.length)] ?? [])
    for (let changes = random(6); changes >= 0; changes--)
      packet[random(packet.length)] = random(3) === 0 ? 0xc0 + random(64) : random(256)
    const cut = random(4) === 0 ? random(packet.length + 1) : packet.length
    const tail = random(8) === 0 ? Buffer.from(Array.from({ length: random(600) }, () => random(256))) : Buffer.alloc(0)
    yield Buffer.concat([packet.subarray(0, cut), tail])
  }
}

test(`20,000 mutated packets are each answered properly, or not at all (FUZZ_SEED=${seed})`, () => {
  const lines: string[] = []
  const responder = new Responder(new Zone(1, zone), (line) => lines.push(line))
  const rcodes = new Map<number, number>()
  let answered = 0
  for (const packet of mutatedPackets(20_000)) {
    const sent: Buffer[] = []
    responder.receive(packet, { transport: 'udp', port: 1, send: (answer) => sent.push(answer) > 0 })
    assert.ok(sent.length <= 1)
    const [answer] = sent
    if (!answer) continue
    answered++
    const where = packet.toString('hex')
    assert.equal(answer.readUInt16BE(0), packet.readUInt16BE(0), `id: ${where}`)
    assert.equal(answer.readUInt16BE(2) & 0x8000, 0x8000, `QR: ${where}`)
    assert.ok(answer.length <= 1232, `size: ${where}`)
    const { rcode, answers } = readAnswer(answer)
    assert.equal(answers.length, answer.readUInt16BE(6), `records: ${where}`)
    rcodes.set(rcode, (rcodes.get(rcode) ?? 0) + 1)
  }
  assert.equal(lines.length, 20_000, 'one event for each packet')
  for (const line of lines) assert.ok((JSON.parse(line) as DnsEvent).atUs > 0)
  for (const rcode of [0, 1, 3, 4, 5, 16]) assert.ok(rcodes.has(rcode), `no packet was answered with rcode ${rcode}`)
  assert.ok(answered > 5000 && answered < 20_000, `${answered} answered`)
})

test(`after 20,000 mutated packets over UDP and 500 over TCP the server still answers (FUZZ_SEED=${seed})`, async (context) => {
  const server = await runServer(context, zone)
  const socket = await udpSocket(context, server.port)
  const control = await udpSocket(context, server.port)
  let sent = 0
  for (const packet of mutatedPackets(20_000)) {
    socket.send(packet)
    if (++sent % 200 === 0) assert.equal((await askUdp(control, query('ha.lab.test'))).addresses.length, 2)
  }
  let asker = new TcpAsker(context, server.port)
  for (const packet of mutatedPackets(500)) {
    if (asker.socket.destroyed || asker.socket.readableEnded) asker = new TcpAsker(context, server.port)
    asker.send(packet)
    asker.socket.resume()
    if (packet.length % 50 === 0) await askUdp(control, query('ha.lab.test'))
  }
  const last = new TcpAsker(context, server.port)
  last.send(query('w.lab.test', { id: 7 }))
  assert.deepEqual((await last.next()).answers, [`w.lab.test ${types.CNAME}`, `ha.lab.test ${types.A}`, `ha.lab.test ${types.A}`])
  assert.equal((await askUdp(control, query('ha.lab.test', { id: 8 }))).id, 8)
  assert.ok(server.events.length > 10_000, `${server.events.length} events`)
})
