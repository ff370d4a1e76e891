import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { ask, startServer, startUnit, type UnitProcess } from './testing.ts'

/** A unit that is killed at the end, if it has not ended by itself. */
function unitFor(t: TestContext, ...args: string[]): UnitProcess {
  const unit = startUnit(...args)
  t.after(() => unit.child.kill('SIGKILL'))
  return unit
}

const listen = (address: string, port = 0) => ({ command: 'listen', address, port, seed: 1, idleTimeoutMs: 0 }) as const

test('one unit serves several addresses and ends when its input closes', async (t) => {
  const unit = unitFor(t)
  for (const address of ['127.0.0.1', '::1']) {
    unit.send(listen(address))
    const listening = await unit.events.until((event) => event.event === 'listening' && event.address === address)
    assert.ok(listening.event === 'listening')
    assert.deepEqual([listening.process, listening.pid], [1, unit.child.pid])
    assert.equal((await ask({ address, port: listening.port })).body, `Hello from ${address} (process 1)\n`)
  }
  unit.send({ command: 'stop', id: 1, address: '127.0.0.1' })
  unit.send({ command: 'flush', id: 2 })
  await unit.events.until(({ event }) => event === 'flushed')
  assert.equal(unit.events.count('applied'), 1, 'answers come in the order of the commands')
  unit.child.stdin?.end()
  assert.deepEqual(await once(unit.child, 'exit'), [0, null])
})

for (const args of [[], ['supervised']]) {
  test(`a taken port is reported and ends the unit (${args[0] ?? 'plain'})`, async (t) => {
    const holder = await startServer()
    t.after(holder.close)
    const unit = unitFor(t, ...args)
    unit.send(listen('127.0.0.1', holder.port))
    assert.deepEqual(await once(unit.child, 'close'), [1, null])
    const failed = unit.events.all.find((event) => event.event === 'listen-failed')
    assert.equal(failed?.code, 'EADDRINUSE')
    assert.match(
      unit.errors(),
      new RegExp(`^Cannot bind server 127\\.0\\.0\\.1:${holder.port} \\(EADDRINUSE\\)\\. Another process holds it`),
    )
  })
}

test('an address that is not loopback is never bound', async (t) => {
  for (const address of ['0.0.0.0', '::', 'localhost']) {
    const unit = unitFor(t)
    unit.send(listen(address))
    assert.deepEqual(await once(unit.child, 'close'), [1, null])
    assert.match(unit.errors(), /no literal loopback address/)
    assert.equal(unit.events.count('listening'), 0)
  }
})

test('an address without a server, and a hot restart without a supervisor, fail with the reason', async (t) => {
  const unit = unitFor(t)
  unit.send({ command: 'stop', id: 1, address: '127.0.0.1' })
  unit.send(listen('127.0.0.1'))
  unit.send({ command: 'hot-restart', id: 2, address: '127.0.0.1' })
  await unit.events.until((event) => event.event === 'failed' && event.id === 2)
  const reasons = unit.events.all.flatMap((event) => (event.event === 'failed' ? event.reason : []))
  assert.match(reasons[0] ?? '', /^No server at 127\.0\.0\.1/)
  assert.match(reasons[1] ?? '', /supervised/)
})
