import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, startServer } from '../testing.ts'

/** How long a request takes, ms. */
async function tookMs(request: Promise<unknown>): Promise<number> {
  const start = performance.now()
  await request
  return performance.now() - start
}

test('every response is held back while slow is in force, none before and after', async (t) => {
  const server = await startServer()
  t.after(server.close)
  await ask(server)
  assert.equal(server.events.count('fault-met'), 0)

  assert.equal((await server.inject({ kind: 'slow', delayMs: 200 })).event, 'applied')
  for (const _ of [1, 2]) assert.ok((await tookMs(ask(server))) >= 199)
  assert.equal(server.events.count('fault-met'), 2)

  assert.equal((await server.lift('slow')).event, 'applied')
  assert.equal((await ask(server)).status, 200)
  assert.equal(server.events.count('fault-met'), 2)
})

test('lifting slow lets go the responses it holds', async (t) => {
  const server = await startServer()
  t.after(server.close)
  await server.inject({ kind: 'slow', delayMs: 60_000 })
  const held = ask(server)
  await server.events.until(({ event }) => event === 'fault-met')
  await server.lift('slow')
  assert.equal((await held).status, 200)
})

test('a second slow replaces the first', async (t) => {
  const server = await startServer()
  t.after(server.close)
  await server.inject({ kind: 'slow', delayMs: 60_000 })
  await server.inject({ kind: 'slow', delayMs: 1 })
  assert.equal((await ask(server)).status, 200)
})

test('what is not in force cannot be lifted', async (t) => {
  const server = await startServer()
  t.after(server.close)
  const answer = await server.lift('slow')
  assert.ok(answer.event === 'failed')
  assert.match(answer.reason, /^slow is not in force on 127\.0\.0\.1:\d+\.$/)
})
