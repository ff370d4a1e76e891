import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { LabError } from '../errors.ts'
import { acquireLock, type Lock, type LockPlace } from './loopback-lock.ts'
import type { Holder } from './runtime.ts'

const signal = AbortSignal.timeout(30_000)
const name = `failover-lab-test-${process.pid}`
/** A TCP port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address ? address.port : 0
}
const places: Readonly<Record<string, () => Promise<LockPlace>>> = {
  'an abstract socket': async () => ({ path: `\0${name}-${Math.random()}` }),
  'a port': async () => ({ host: '127.0.0.1', port: await freePort() }),
}
const busy = (error: unknown) => error instanceof LabError && error.code === 'LAB_BUSY'

for (const [what, place] of Object.entries(places)) {
  const skip = what.startsWith('an') && process.platform !== 'linux' ? 'abstract sockets are of Linux' : false

  test(`${what} is held by one at a time, and the next one is told by whom`, { skip }, async () => {
    const at = await place()
    const first = await acquireLock(signal, undefined, at)
    const heard: string[] = []
    let released = false
    let second: Promise<Lock> | undefined
    await new Promise<void>((resolve) => {
      const onWait = ({ who }: Holder) => {
        heard.push(who)
        resolve()
      }
      second = acquireLock(signal, { patienceMs: 20_000, onWait }, at)
      void second.then(() => assert.ok(released))
    })
    released = true
    await first.release()
    await (await second)?.release()
    assert.deepEqual(heard, [`Another lab (pid ${process.pid})`])
    await (await acquireLock(signal, undefined, at)).release()
  })

  test(`whoever releases ${what} and wants it again comes after those who wait`, { skip }, async () => {
    const at = await place()
    const first = await acquireLock(signal, undefined, at)
    const order: string[] = []
    let waits = () => {}
    const waiting = new Promise<void>((resolve) => {
      waits = resolve
    })
    const second = acquireLock(signal, { patienceMs: 20_000, onWait: () => waits() }, at).then((lock) => {
      order.push('second')
      return lock
    })
    await waiting
    await first.release()
    const again = acquireLock(signal, undefined, at).then((lock) => {
      order.push('first again')
      return lock
    })
    await (await second).release()
    await (await again).release()
    assert.deepEqual(order, ['second', 'first again'])
  })

  test(`waiting for ${what} ends with the patience, and at once with the signal`, { skip }, async () => {
    const at = await place()
    const held = await acquireLock(signal, undefined, at)
    const startedMs = performance.now()
    await assert.rejects(acquireLock(signal, { patienceMs: 300, onWait: () => {} }, at), busy)
    assert.ok(performance.now() - startedMs >= 299)
    const stop = new AbortController()
    const waiting = acquireLock(stop.signal, { patienceMs: 30_000, onWait: () => stop.abort(new Error('stop')) }, at)
    await assert.rejects(waiting, /^Error: stop$/)
    await held.release()
  })
}

test('what holds the port and is no lab is waited for no longer than the patience', async () => {
  for (const welcome of ['', 'SSH-2.0-x\r\n']) {
    const other = createServer((socket) => socket.on('error', () => {}).end(welcome)).listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const port = typeof address === 'object' && address ? address.port : 0
    await assert.rejects(acquireLock(signal, { patienceMs: 300, onWait: () => {} }, { host: '127.0.0.1', port }), busy)
    other.close()
  }
})
