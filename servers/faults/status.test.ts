import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, pool, startServer } from '../testing.ts'

test('status answers with the status and Retry-After, and 200 before and after', async (t) => {
  const server = await startServer()
  t.after(server.close)
  assert.equal((await ask(server)).status, 200)
  await server.inject({ kind: 'status', status: 503, rate: 1, retryAfterS: 7 })
  const failed = await ask(server)
  assert.equal(failed.status, 503)
  assert.equal(failed.headers['retry-after'], '7')
  assert.equal(failed.body, 'Service Unavailable from 127.0.0.1 (process 1)\n')
  assert.equal(server.events.count('fault-met'), 1)
  await server.lift('status')
  const healthy = await ask(server)
  assert.deepEqual([healthy.status, healthy.headers['retry-after']], [200, undefined])
  assert.equal(server.events.count('fault-met'), 1)
})

test('a rate is met by that share of requests, the same ones for the same seed', async (t) => {
  const row = async (seed: number): Promise<string> => {
    const server = await startServer('127.0.0.1', 0, seed)
    t.after(server.close)
    const agent = pool()
    t.after(() => agent.destroy())
    await server.inject({ kind: 'status', status: 500, rate: 0.3 })
    let statuses = ''
    for (let i = 0; i < 100; i++) statuses += (await ask(server, { agent })).status === 500 ? 'x' : '.'
    assert.equal(server.events.count('fault-met'), statuses.split('x').length - 1)
    return statuses
  }
  const first = await row(1)
  const met = first.split('x').length - 1
  assert.ok(met > 10 && met < 55, `${met} of 100`)
  assert.equal(await row(1), first)
  assert.notEqual(await row(2), first)
})

test('a rate of 0 meets no request', async (t) => {
  const server = await startServer()
  t.after(server.close)
  await server.inject({ kind: 'status', status: 500, rate: 0 })
  for (let i = 0; i < 20; i++) assert.equal((await ask(server)).status, 200)
})

test('a status without a body has none', async (t) => {
  const server = await startServer()
  t.after(server.close)
  await server.inject({ kind: 'status', status: 204, rate: 1 })
  const response = await ask(server)
  assert.deepEqual([response.status, response.body], [204, ''])
})
