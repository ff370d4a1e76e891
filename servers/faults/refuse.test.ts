import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, dial, pool, startServer } from '../testing.ts'

for (const address of ['127.0.0.1', '::1']) {
  test(`refuse on ${address} refuses new connections and keeps open ones, until lifted`, async (t) => {
    const server = await startServer(address)
    t.after(server.close)
    const agent = pool()
    t.after(() => agent.destroy())
    const { localPort } = await ask(server, { agent })

    const applied = await server.inject({ kind: 'refuse' })
    assert.ok(applied.event === 'applied')
    if (process.platform === 'linux') assert.match(applied.detail, /^no LISTEN row for /)
    assert.equal(await dial(server), 'ECONNREFUSED')
    const reused = await ask(server, { agent })
    assert.deepEqual([reused.status, reused.reused, reused.localPort], [200, true, localPort])

    assert.equal((await server.lift('refuse')).event, 'applied')
    assert.equal((await ask(server)).status, 200)
    assert.equal((await ask(server, { agent })).localPort, localPort)
  })
}

test('a server that does not listen can refuse no more', async (t) => {
  const server = await startServer()
  t.after(server.close)
  await server.tell({ command: 'stop' })
  assert.equal((await server.inject({ kind: 'refuse' })).event, 'failed')
})

test('stop ends refuse, start listens again', async (t) => {
  const server = await startServer()
  t.after(server.close)
  await server.inject({ kind: 'refuse' })
  assert.equal((await server.tell({ command: 'start' })).event, 'failed', 'refuse is in force')
  await server.tell({ command: 'stop' })
  assert.equal((await server.tell({ command: 'start' })).event, 'applied')
  assert.equal((await ask(server)).status, 200)
})
