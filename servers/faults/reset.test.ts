import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { test } from 'node:test'
import { ask, errorOf, pool, startServer } from '../testing.ts'

test('a reset at accept ends a connection before any request, so many times', async (t) => {
  const server = await startServer()
  t.after(server.close)
  assert.equal((await ask(server)).status, 200)
  await server.inject({ kind: 'reset', when: 'accept', on: 'any', times: 2 })
  for (const _ of [1, 2]) assert.match(await errorOf(ask(server)), /^(ECONNRESET|EPIPE)$/)
  assert.equal((await ask(server)).status, 200)
  assert.equal(server.events.count('fault-met'), 2)
  assert.equal(server.events.count('request-received'), 2, 'none of the connections that were reset')
  assert.equal((await server.lift('reset')).event, 'applied', 'it had ended by itself')
})

test('a reset before the head meets the request that is under way', async (t) => {
  const server = await startServer()
  t.after(server.close)
  await server.inject({ kind: 'reset', when: 'before_head', on: 'any', times: 1 })
  assert.equal(await errorOf(ask(server)), 'ECONNRESET')
  await server.events.until(({ event }) => event === 'server-closed')
  const { peerPort } = server.events.all.find((event) => event.event === 'accepted') ?? { peerPort: 0 }
  assert.deepEqual(server.events.of(peerPort), ['accepted', 'request-received', 'fault-met', 'server-closed'])
  assert.ok(server.events.all.some((event) => event.event === 'server-closed' && event.how === 'reset'))
  assert.equal((await ask(server)).status, 200)
})

test('a reset on reused connections leaves fresh ones alone', async (t) => {
  const server = await startServer()
  t.after(server.close)
  const agent = pool()
  t.after(() => agent.destroy())
  await server.inject({ kind: 'reset', when: 'before_head', on: 'reused', times: 1 })
  assert.equal((await ask(server)).status, 200)
  assert.equal((await ask(server, { agent })).reused, false)
  assert.equal(await errorOf(ask(server, { agent })), 'ECONNRESET')
  for (const reused of [false, true]) assert.equal((await ask(server, { agent })).reused, reused)
  assert.equal(server.events.count('fault-met'), 1)
})

test('a reset in mid-body comes after the head and half of the body', async (t) => {
  const server = await startServer()
  t.after(server.close)
  await server.inject({ kind: 'reset', when: 'mid_body', on: 'any', times: 1 })
  const sent = request({ host: server.address, port: server.port, agent: false }).end()
  sent.on('error', () => {}) // once more what the response reports
  const [response] = await once(sent, 'response')
  assert.deepEqual([response.statusCode, response.headers['content-length']], [200, '33'])
  let body = ''
  response.on('data', (chunk: Buffer) => {
    body += chunk
  })
  const [error] = await once(response, 'error')
  assert.equal(error.code, 'ECONNRESET')
  assert.equal(body, 'Hello from 127.0')
  const closed = await server.events.until((event) => event.event === 'server-closed' && event.how === 'reset')
  const received = await server.events.until(({ event }) => event === 'request-received')
  assert.ok(closed.atUs - received.atUs >= 49_000, 'the client has time to see the head')
  assert.equal(server.events.count('response-sent'), 0)
  assert.equal((await ask(server)).body, 'Hello from 127.0.0.1 (process 1)\n')
  assert.equal(server.events.count('fault-met'), 1)
})

test('a response without a body does not meet a reset in mid-body', async (t) => {
  const server = await startServer()
  t.after(server.close)
  await server.inject({ kind: 'reset', when: 'mid_body', on: 'any', times: 1 })
  assert.equal((await ask(server, { method: 'HEAD' })).status, 200)
  assert.equal(server.events.count('fault-met'), 0)
  assert.equal(await errorOf(ask(server)), 'ECONNRESET')
})

test('a reset without times goes on until lifted', async (t) => {
  const server = await startServer()
  t.after(server.close)
  await server.inject({ kind: 'reset', when: 'before_head', on: 'any' })
  for (let i = 0; i < 5; i++) assert.equal(await errorOf(ask(server)), 'ECONNRESET')
  await server.lift('reset')
  assert.equal((await ask(server)).status, 200)
  assert.equal(server.events.count('fault-met'), 5)
})

test('a reset at accept on reused connections is refused: there are none', async (t) => {
  const server = await startServer()
  t.after(server.close)
  assert.equal((await server.inject({ kind: 'reset', when: 'accept', on: 'reused' })).event, 'failed')
})
