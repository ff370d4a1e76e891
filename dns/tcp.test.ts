import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import type { ZoneData } from '../unit/protocol.ts'
import { tcpBounds } from './tcp.ts'
import { framed, query } from './testing/messages.ts'
import { runServer, TcpAsker } from './testing/running-server.ts'

const zone: ZoneData = {
  'ha.lab.test': { A: { addresses: ['127.0.0.1'] } },
  'late.lab.test': { A: { addresses: ['127.0.0.2'] }, delayMs: 80 },
  'silent.lab.test': { fault: 'silent' },
  'many.lab.test': { A: { addresses: Array.from({ length: 200 }, (_, index) => `127.0.1.${index}`) } },
}
/** The server has closed: with FIN, or with RST where it left something unread. */
const closed = ({ socket }: TcpAsker) => {
  const signal = AbortSignal.timeout(tcpBounds.idleMs / 2) // before idleness alone would close it
  return Promise.race([once(socket.resume(), 'end', { signal }), once(socket, 'close', { signal })])
}

test('several queries of one connection are answered, in one piece or byte by byte', async (context) => {
  const server = await runServer(context, zone)
  const asker = new TcpAsker(context, server.port)
  asker.send(query('ha.lab.test', { id: 1 }), query('ha.lab.test', { id: 2 }))
  assert.deepEqual([(await asker.next()).id, (await asker.next()).id], [1, 2])
  asker.socket.setNoDelay(true)
  for (const byte of framed(query('ha.lab.test', { id: 3 }))) {
    asker.socket.write(Buffer.from([byte]))
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
  assert.equal((await asker.next()).id, 3)
  assert.ok(
    server.events.every(
      (event) => event.event === 'query' && event.transport === 'tcp' && event.peerPort === asker.socket.localPort,
    ),
  )
})

test('a late answer does not hold up the next query (RFC 7766 section 7)', async (context) => {
  const server = await runServer(context, zone)
  const asker = new TcpAsker(context, server.port)
  asker.send(query('late.lab.test', { id: 1 }), query('ha.lab.test', { id: 2 }))
  assert.deepEqual([(await asker.next()).id, (await asker.next()).id], [2, 1])
})

test('an answer too large for UDP is whole over TCP', async (context) => {
  const server = await runServer(context, zone)
  const asker = new TcpAsker(context, server.port)
  asker.send(query('many.lab.test'))
  const { addresses, truncated } = await asker.next()
  assert.deepEqual([addresses.length, truncated], [200, false])
})

test('a client that ends its side gets what is owed, then the server ends its own', async (context) => {
  const server = await runServer(context, zone)
  const asker = new TcpAsker(context, server.port)
  asker.send(query('late.lab.test', { id: 1 }), query('ha.lab.test', { id: 2 }))
  asker.socket.end(Buffer.from([0, 99, 1])) // and a message that never becomes whole
  assert.deepEqual([(await asker.next()).id, (await asker.next()).id], [2, 1])
  await closed(asker)
})

test('a client that leaves while silence is its answer frees its place', async (context) => {
  const server = await runServer(context, zone)
  for (const unread of [0, tcpBounds.waiting]) {
    const asker = new TcpAsker(context, server.port)
    asker.send(...Array.from({ length: unread + 1 }, (_, id) => query('silent.lab.test', { id })))
    asker.socket.end()
    await closed(asker)
  }
})

test('a client that has ended its side gets all its answers, however many pile up', async (context) => {
  const server = await runServer(context, zone)
  const asker = new TcpAsker(context, server.port)
  asker.socket.pause()
  asker.send(...Array.from({ length: 1500 }, (_, id) => query('many.lab.test', { id }))) // 5 MB of answers
  asker.socket.end()
  for (let id = 0; id < 1500; id++) assert.equal((await asker.nextBytes()).readUInt16BE(0), id)
  await closed(asker)
})

test('a message over the bound closes the connection, with an event', async (context) => {
  const server = await runServer(context, zone)
  const asker = new TcpAsker(context, server.port)
  asker.socket.write(Buffer.from([0xff, 0xff, 0, 0]))
  await closed(asker)
  assert.match(JSON.stringify(server.events), /65535 bytes over TCP are more than 4096/)
})

test('a connection with 64 unanswered queries is read no further', async (context) => {
  const server = await runServer(context, zone)
  const asker = new TcpAsker(context, server.port)
  asker.send(...Array.from({ length: tcpBounds.waiting + 10 }, (_, id) => query('silent.lab.test', { id })))
  await server.event((event) => event.event === 'query' && event.query === tcpBounds.waiting)
  const other = new TcpAsker(context, server.port)
  other.send(query('ha.lab.test'))
  assert.equal((await other.next()).rcode, 0)
  assert.equal(server.events.length, tcpBounds.waiting + 1)
})

test('a client that never reads is read no further once its answers pile up', async (context) => {
  const server = await runServer(context, zone)
  const asker = new TcpAsker(context, server.port)
  const flood = Buffer.concat(Array.from({ length: 20_000 }, () => framed(query('many.lab.test'))))
  asker.socket.pause().write(flood) // 64 MB of answers
  const other = new TcpAsker(context, server.port)
  let before = -1
  // Until it stands still: a round trip of another connection without a new query of the first.
  while (before !== server.events.length) {
    before = server.events.length + 1
    for (let turn = 0; turn < 20; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
    other.send(query('ha.lab.test'))
    await other.next()
  }
  assert.ok(server.events.length < 10_000, `${server.events.length} queries were taken`)
})

test('more connections than the bound are closed at once; others still served', async (context) => {
  const server = await runServer(context, zone)
  const askers = Array.from({ length: tcpBounds.connections }, () => new TcpAsker(context, server.port))
  await Promise.all(askers.map(({ socket }) => once(socket, 'connect')))
  for (const asker of askers) asker.send(query('ha.lab.test'))
  await Promise.all(askers.map((asker) => asker.next()))
  await closed(new TcpAsker(context, server.port))
  askers[0]?.send(query('ha.lab.test', { id: 9 }))
  assert.equal((await askers[0]?.next())?.id, 9)
})
