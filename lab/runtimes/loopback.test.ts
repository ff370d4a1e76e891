import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { remainsOf } from '../testing/remains.ts'
import { loopback, loopbackLab } from './loopback.ts'
import { searchPath } from './programs.ts'

const signal = AbortSignal.timeout(30_000)
const linux = process.platform === 'linux'
const env = { PATH: searchPath() }

test('what cannot be had names the runtime that can', async () => {
  const lab = await loopback.open(signal)
  for (const capability of ['system-resolver', 'blackhole-all', 'unreachable', 'capture'] as const) {
    const probe = await lab.probe(capability)
    assert.equal(probe.can, false)
    assert.match(probe.can ? '' : probe.remedy, /--runtime netns/)
  }
  await lab.stop()
})

test('a lab that stops ends what its units put into sessions of their own, and nothing of another lab', {
  skip: linux ? false : 'looks at /proc',
}, async (t) => {
  // The second one is as one in another network namespace: it has the lock of that.
  const [other, one] = [await loopback.open(signal), loopbackLab({ release: async () => {} })]
  const daemon = 'setsid sleep 300 </dev/null >/dev/null 2>&1 & echo started; read -r line'
  const mark = process.pid
  const marked = { ...env, FAILOVER_LAB: String(mark) }
  const units = [one, other].map((lab) => lab.start({ id: 'unit', argv: ['sh', '-c', daemon], env: marked }))
  await Promise.all(units.map((unit) => new Promise<void>((resolve) => unit.onLine(() => resolve()))))
  t.after(() => other.stop())
  const untilLiving = async (count: number) => {
    const deadlineMs = performance.now() + 5000
    const living = () => remainsOf(mark).filter((row) => /^\d+ sleep 300/.test(row)).length
    while (living() !== count && performance.now() < deadlineMs) await wait(5)
    assert.equal(living(), count)
  }
  await untilLiving(2)
  await one.stop()
  await untilLiving(1)
  await other.stop()
  await untilLiving(0)
})

test('a frozen unit is seen stopped, thaws, and dies with its lab', { skip: linux ? false : 'looks at /proc' }, async () => {
  const lab = await loopback.open(signal)
  const unit = lab.start({
    id: 'unit',
    argv: [process.execPath, '-e', 'process.stdin.on("data", (d) => process.stdout.write(d))'],
    env,
  })
  const lines: string[] = []
  unit.onLine((line) => lines.push(line))
  assert.match((await unit.freeze(signal)).detail, /all \d+ threads stopped/)
  unit.send({ hello: 1 })
  assert.match((await unit.thaw(signal)).detail, /none of \d+ threads stopped/)
  while (lines.length === 0) await wait(5)
  assert.deepEqual(lines, ['{"hello":1}'])
  await unit.freeze(signal)
  await lab.stop()
  assert.equal((await unit.exited).signal, 'SIGKILL')
})

test('a program that does not exist ends as a shell would have it', async () => {
  const lab = await loopback.open(signal)
  const { code, stderr } = await lab.start({ id: 'unit', argv: ['/nonexistent/program'], env }).exited
  assert.equal(code, 127)
  assert.match(stderr, /nonexistent/)
  await lab.stop()
})
