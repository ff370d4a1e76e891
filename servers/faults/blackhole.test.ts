import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { ask, pool, startServer } from '../testing.ts'

const silenceMs = 300

/** What a connect sees within `silenceMs`. */
async function connectSees(server: { address: string; port: number }): Promise<string> {
  const socket = connect({ host: server.address, port: server.port })
  socket.setTimeout(silenceMs, () => socket.emit('silence'))
  try {
    return await Promise.race([
      once(socket, 'connect').then(
        () => 'connected',
        (error: NodeJS.ErrnoException) => error.code ?? '',
      ),
      once(socket, 'silence').then(
        () => 'nothing',
        () => 'error',
      ),
    ])
  } finally {
    socket.destroy()
  }
}

for (const address of ['127.0.0.1', '127.0.0.2', '::1']) {
  test(`blackhole on ${address} gives new connections nothing and keeps open ones, until lifted`, async (t) => {
    const server = await startServer(address)
    t.after(server.close)
    const agent = pool()
    t.after(() => agent.destroy())
    const { localPort } = await ask(server, { agent })
    assert.equal(await connectSees(server), 'connected', 'healthy before')

    const applied = await server.inject({ kind: 'blackhole' })
    assert.ok(applied.event === 'applied')
    if (process.platform === 'linux') assert.match(applied.detail, /^accept queue of \S+ full: rx_queue 2 of backlog 1 in /)
    for (const _ of [1, 2, 3]) assert.equal(await connectSees(server), 'nothing')
    const reused = await ask(server, { agent })
    assert.deepEqual([reused.reused, reused.localPort], [true, localPort])

    assert.equal((await server.lift('blackhole')).event, 'applied')
    assert.equal(await connectSees(server), 'connected', 'healthy after')
    assert.equal((await ask(server)).status, 200)
    assert.equal((await ask(server, { agent })).localPort, localPort)
  })
}

test('an attempt that met the blackhole connects when it is lifted', async (t) => {
  const server = await startServer()
  t.after(server.close)
  await server.inject({ kind: 'blackhole' })
  const waiting = connect({ host: server.address, port: server.port })
  t.after(() => waiting.destroy())
  waiting.setTimeout(silenceMs)
  await once(waiting, 'timeout')
  await server.lift('blackhole')
  await once(waiting, 'connect')
})

test('what fills the accept queue is no event', async (t) => {
  const server = await startServer()
  t.after(server.close)
  await server.inject({ kind: 'blackhole' })
  await server.lift('blackhole')
  await ask(server)
  await server.events.until(({ event }) => event === 'server-closed')
  assert.equal(server.events.count('accepted'), 1)
  assert.equal(server.events.count('server-closed'), 1)
})

test('one fault of the listening socket at a time', async (t) => {
  const server = await startServer()
  t.after(server.close)
  await server.inject({ kind: 'blackhole' })
  assert.equal((await server.inject({ kind: 'refuse' })).event, 'failed')
  assert.equal((await server.inject({ kind: 'blackhole' })).event, 'applied', 'the same again replaces it')
  assert.equal((await server.tell({ command: 'stop' })).event, 'applied', 'and stop ends it')
})
