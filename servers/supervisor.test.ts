import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ask, dial, pool, startSupervised } from './testing.ts'

const linux = process.platform === 'linux'

async function supervisedFor(t: TestContext, address?: string) {
  const server = await startSupervised(address)
  t.after(server.close)
  return server
}

/** The pids that reported that they listen, in order. */
const pidsOf = ({ events }: Awaited<ReturnType<typeof startSupervised>>): number[] =>
  events.all.flatMap((event) => (event.event === 'listening' ? event.pid : []))

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  // A zombie that its new parent has not reaped yet is gone, too.
  return !linux || !existsSync(`/proc/${pid}/stat`) || !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
}

/** Fails when a process is still there after 5 s. */
async function seeGone(pid: number): Promise<void> {
  for (const until = performance.now() + 5000; performance.now() < until; await pause(5)) if (!isAlive(pid)) return
  assert.fail(`process ${pid} is still there`)
}

for (const address of ['127.0.0.1', '::1']) {
  test(`a hot restart on ${address} keeps the open connection on process 1 and gives new ones to process 2`, async (t) => {
    const server = await supervisedFor(t, address)
    const agent = pool()
    t.after(() => agent.destroy())
    const first = await ask(server, { agent })
    assert.equal(first.body, `Hello from ${address} (process 1)\n`)

    const applied = await server.tell({ command: 'hot-restart' })
    assert.ok(applied.event === 'applied', JSON.stringify(applied))
    if (linux) assert.match(applied.detail, /is in \/proc\/\d+\/fd \(process 2\), no more in \/proc\/\d+\/fd \(process 1\)$/)
    for (let i = 0; i < 20; i++) assert.equal((await ask(server)).body, `Hello from ${address} (process 2)\n`)
    const kept = await ask(server, { agent })
    assert.deepEqual([kept.body, kept.localPort, kept.reused], [first.body, first.localPort, true])

    const [oldPid = 0, newPid = 0] = pidsOf(server)
    assert.ok(isAlive(oldPid) && isAlive(newPid) && oldPid !== newPid)
    const drained = await server.tell({ command: 'drain' })
    assert.ok(drained.event === 'applied', JSON.stringify(drained))
    assert.match(drained.detail, new RegExp(`^process 1 \\(pid ${oldPid}\\) has ended, exit code 0, 1 connection closed$`))
    assert.ok(!isAlive(oldPid))
    assert.ok(
      server.events.all.some(
        (event) => event.event === 'server-closed' && event.peerPort === first.localPort && event.how === 'fin',
      ),
    )
    const again = await ask(server, { agent })
    assert.deepEqual([again.body, again.reused], [`Hello from ${address} (process 2)\n`, false])
  })
}

test('nobody is refused during a hot restart', async (t) => {
  const server = await supervisedFor(t)
  let ended = false
  const processes: string[] = []
  const restarted = server.tell({ command: 'hot-restart' }).then((answer) => {
    ended = true
    return answer
  })
  // At least 50, and 20 of them begun after its end; any error rejects.
  for (let afterwards = 0; processes.length < 50 || afterwards < 20; ) {
    if (ended) afterwards++
    processes.push((await ask(server)).body.replace(/.* \(process (\d)\)\n/, '$1'))
    await nextTurn()
  }
  assert.equal((await restarted).event, 'applied')
  assert.match(processes.join(''), /^1+[12]*2{20}$/, 'process 1 before, process 2 after')
})

test('a hot restart happens twice, and drain ends every old process', async (t) => {
  const server = await supervisedFor(t)
  for (const number of [2, 3]) {
    assert.equal((await server.tell({ command: 'hot-restart' })).event, 'applied')
    assert.equal((await ask(server)).body, `Hello from 127.0.0.1 (process ${number})\n`)
  }
  assert.equal((await server.tell({ command: 'drain' })).event, 'applied')
  assert.deepEqual(pidsOf(server).map(isAlive), [false, false, true])
  assert.equal((await server.tell({ command: 'drain' })).event, 'failed', 'there is no old process')
})

test('faults pass to the new process and hold for connections of the old', async (t) => {
  const server = await supervisedFor(t)
  const agent = pool()
  t.after(() => agent.destroy())
  await ask(server, { agent })
  await server.inject({ kind: 'status', status: 503, rate: 1 })
  await server.tell({ command: 'hot-restart' })
  assert.deepEqual([(await ask(server)).status, (await ask(server, { agent })).status], [503, 503])
  await server.lift('status')
  assert.deepEqual([(await ask(server)).status, (await ask(server, { agent })).status], [200, 200])
})

test('refuse, blackhole, stop and start work after a hot restart', async (t) => {
  const server = await supervisedFor(t)
  const agent = pool()
  t.after(() => agent.destroy())
  await ask(server, { agent })
  await server.tell({ command: 'hot-restart' })
  assert.equal((await server.inject({ kind: 'refuse' })).event, 'applied')
  assert.equal(await dial(server), 'ECONNREFUSED')
  assert.equal((await server.tell({ command: 'hot-restart' })).event, 'failed', 'there is no socket to hand over')
  assert.equal((await server.lift('refuse')).event, 'applied')
  assert.equal((await server.inject({ kind: 'blackhole' })).event, 'applied')
  assert.equal((await server.lift('blackhole')).event, 'applied')
  assert.equal((await ask(server)).body, 'Hello from 127.0.0.1 (process 2)\n')
  const stopped = await server.tell({ command: 'stop' })
  assert.equal(stopped.event, 'applied', JSON.stringify(stopped))
  assert.equal(server.events.count('accepted'), server.events.count('server-closed'), 'those of the old process, too')
  assert.equal(await dial(server), 'ECONNREFUSED')
  assert.equal((await server.tell({ command: 'start' })).event, 'applied')
  assert.equal((await ask(server)).body, 'Hello from 127.0.0.1 (process 2)\n')
})

test('a supervisor that is killed leaves no process, not even a stopped one', async (t) => {
  const server = await supervisedFor(t)
  await server.tell({ command: 'hot-restart' })
  const pids = pidsOf(server)
  assert.deepEqual(pids.map(isAlive), [true, true])
  if (linux && existsSync('/usr/bin/setpriv')) process.kill(pids[0] ?? 0, 'SIGSTOP')
  server.unit.child.kill('SIGKILL')
  await once(server.unit.child, 'exit')
  for (const pid of pids) await seeGone(pid)
})

test('a supervisor whose input closes ends its processes', async (t) => {
  const server = await supervisedFor(t)
  await server.close()
  assert.equal(server.unit.child.exitCode, 0)
  for (const pid of pidsOf(server)) await seeGone(pid)
})

test('a supervised server that loses its process ends and says so', async (t) => {
  const server = await supervisedFor(t)
  const [pid = 0] = pidsOf(server)
  process.kill(pid, 'SIGKILL')
  assert.deepEqual(await once(server.unit.child, 'close'), [1, null])
  assert.equal(server.unit.errors(), `Process 1 (pid ${pid}) of the server ended: signal SIGKILL.\n`)
})

test('a process of a supervised server ends when its channel closes, without help from the kernel', async (t) => {
  const unit = fileURLToPath(new URL('./unit.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', unit, 'generation', '1'], { stdio: ['ignore', 2, 2, 'ipc'] })
  t.after(() => child.kill('SIGKILL'))
  assert.deepEqual(await once(child, 'message'), [{ event: 'ready' }, undefined])
  child.disconnect()
  assert.deepEqual(await once(child, 'exit'), [0, null])
})
