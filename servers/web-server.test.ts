import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { ask, dial, errorOf, pool, startServer } from './testing.ts'

for (const address of ['127.0.0.1', '127.0.0.2', '::1']) {
  test(`answers with its own address, ${address}`, async (t) => {
    const server = await startServer(address)
    t.after(server.close)
    const response = await ask(server)
    assert.equal(response.status, 200)
    assert.equal(response.body, `Hello from ${address} (process 1)\n`)
    assert.equal(response.headers.server, 'failover-lab')
    assert.equal(response.headers['content-type'], 'text/plain')
  })
}

test('any method and any path is answered', async (t) => {
  const server = await startServer()
  t.after(server.close)
  for (const [method, path, body] of [
    ['GET', '/a/b?c=d'],
    ['POST', '/%zz', '{not json'],
    ['PUT', '/', 'x'.repeat(2_000_000)],
    ['DELETE', '/'],
    ['OPTIONS', '*'],
    ['PROPFIND', '/'],
  ] as const) {
    const response = await ask(server, { method, path, ...(body === undefined ? {} : { body }) })
    assert.equal(response.status, 200, method)
    assert.equal(response.body, 'Hello from 127.0.0.1 (process 1)\n', method)
    assert.ok(
      server.events.all.some((event) => event.event === 'request-received' && event.method === method && event.path === path),
    )
  }
  const head = await ask(server, { method: 'HEAD' })
  assert.deepEqual([head.status, head.body, head.headers['content-length']], [200, '', '33'])
})

test('the events of a connection are in causal order', async (t) => {
  const server = await startServer()
  t.after(server.close)
  const agent = pool()
  const { localPort } = await ask(server, { agent })
  assert.equal((await ask(server, { agent })).localPort, localPort)
  agent.destroy()
  await server.events.until((event) => event.event === 'server-closed' && event.peerPort === localPort && event.how === 'fin')
  assert.deepEqual(server.events.of(localPort), [
    'accepted',
    ...['request-received', 'response-sent', 'request-received', 'response-sent'],
    'server-closed',
  ])
  const times = server.events.all.filter((event) => 'peerPort' in event).map(({ atUs }) => atUs)
  assert.deepEqual(times, [...times].sort())
})

test('a connection that the client resets is reported so', async (t) => {
  const server = await startServer()
  t.after(server.close)
  const socket = await dial(server)
  assert.ok(typeof socket !== 'string')
  await server.events.until(({ event }) => event === 'accepted')
  socket.resetAndDestroy()
  await server.events.until((event) => event.event === 'server-closed' && event.how === 'reset')
})

test('an idle connection is closed after the idle timeout, and the client is told of whole seconds only', async (t) => {
  const server = await startServer('127.0.0.1', 300)
  t.after(server.close)
  const agent = pool()
  t.after(() => agent.destroy())
  const response = await ask(server, { agent })
  assert.equal(response.headers['keep-alive'], undefined)
  assert.equal(response.headers.connection, 'keep-alive')
  const closed = await server.events.until(({ event }) => event === 'server-closed')
  const sent = await server.events.until(({ event }) => event === 'response-sent')
  const idleMs = (closed.atUs - sent.atUs) / 1000
  assert.ok(idleMs >= 299 && idleMs < 1200, `closed after ${idleMs} ms`)
})

test('an idle timeout of 5 s is announced, none is not', async (t) => {
  const [limited, unlimited] = [await startServer('127.0.0.1', 5000), await startServer('127.0.0.1', 0)]
  t.after(limited.close)
  t.after(unlimited.close)
  for (const [server, hint] of [
    [limited, 'timeout=5'],
    [unlimited, undefined],
  ] as const) {
    const agent = pool()
    t.after(() => agent.destroy())
    assert.equal((await ask(server, { agent })).headers['keep-alive'], hint)
  }
})

test('stop closes every connection with FIN and refuses new ones until start', async (t) => {
  const server = await startServer()
  t.after(server.close)
  const socket = await dial(server)
  assert.ok(typeof socket !== 'string')
  const ended = once(socket, 'end')
  socket.resume()
  const stopped = await server.tell({ command: 'stop' })
  assert.equal(stopped.event, 'applied')
  if (stopped.event === 'applied' && process.platform === 'linux') {
    assert.match(stopped.detail, /^no LISTEN row for 127\.0\.0\.1:\d+ in \/proc\/self\/net\/tcp; 1 connection closed$/)
  }
  await ended
  await server.events.until((event) => event.event === 'server-closed' && event.how === 'fin')
  assert.equal(await dial(server), 'ECONNREFUSED')
  assert.equal((await server.tell({ command: 'stop' })).event, 'applied', 'safe twice')
  assert.equal((await server.tell({ command: 'start' })).event, 'applied')
  assert.equal((await ask(server)).status, 200)
})

test('stop does not wait for ever for a client that keeps its side open', async (t) => {
  const server = await startServer()
  t.after(server.close)
  const socket = connect({ host: server.address, port: server.port, allowHalfOpen: true })
  t.after(() => socket.destroy())
  socket.on('error', () => {})
  await server.events.until(({ event }) => event === 'accepted')
  assert.equal((await server.tell({ command: 'stop' })).event, 'applied')
  assert.equal(server.events.count('server-closed'), 1)
})

test('close-idle leaves a request that is under way', async (t) => {
  const server = await startServer()
  t.after(server.close)
  const idle = await dial(server)
  assert.ok(typeof idle !== 'string')
  const closed = once(idle.resume(), 'close')
  await server.inject({ kind: 'slow', delayMs: 60_000 })
  const busy = ask(server)
  await server.events.until(({ event }) => event === 'fault-met')
  const { detail } = (await server.tell({ command: 'close-idle' })) as { detail?: string }
  assert.equal(detail, '1 connection closed')
  await closed
  await server.lift('slow')
  assert.equal((await busy).status, 200)
})

test('stop cuts a request that is under way', async (t) => {
  const server = await startServer()
  t.after(server.close)
  await server.inject({ kind: 'slow', delayMs: 60_000 })
  const failure = errorOf(ask(server))
  await server.events.until(({ event }) => event === 'fault-met')
  assert.equal((await server.tell({ command: 'stop' })).event, 'applied')
  assert.equal(await failure, 'ECONNRESET')
  assert.equal(server.events.count('response-sent'), 0)
})
