/** Whatever way a run in containers ends, nothing of it remains: at once, or from the next start on. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { packageRoot } from '../../paths.ts'
import { random } from '../../testing/random.ts'
import { containersOf, remainingOf } from '../../testing/remaining-containers.ts'
import { inParallel } from '../../testing/run-scenario.ts'
import { whyNoEngine } from './testing.ts'

const skip = await whyNoEngine()
const kills = Number(process.env.KILLS ?? 50)
const frozen = join(packageRoot, 'lab', 'testing', 'frozen.yaml')
const bin = join(packageRoot, 'lab', 'bin.mjs')

const start = (args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [bin, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
const pidOf = ({ pid = -1 }: ChildProcess): number => pid
const run = (scenario: string) => start(['run', scenario, '--client', 'node', '--runtime', 'docker'])
const ended = async (child: ChildProcess) => {
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const [code] = await once(child, 'close')
  return { code: code as number | null, stderr }
}
const clean = async () => assert.equal((await ended(start(['clean']))).code, 0)

after(async () => {
  if (!skip) await clean()
})

test(`${kills} kills at random moments leave nothing once the next lab has started`, { skip }, async (t) => {
  const seed = Date.now() % 2 ** 31
  const next = random(seed)
  const killed: number[] = []
  let met = 0
  let remained = 0
  const numbers = Array.from({ length: kills }, (_, i) => i)
  while (numbers.length > 0) {
    await inParallel(numbers.splice(0, 10), 2, async (i) => {
      const child = run(i % 2 === 0 ? 'all-down' : frozen)
      const ends = once(child, 'close')
      if (i % 5 !== 0) await firstContainer(child) // the others are killed at any moment from the start on
      await Promise.race([wait(next() * 2000), ends])
      if ((await containersOf(pidOf(child))).length > 0) met += 1
      killed.push(pidOf(child))
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await ends
    })
    remained += (await remainingOf(...killed)).length
    await clean()
    await untilNothing(`seed ${seed}, after kill ${killed.length}`, ...killed)
  }
  assert.ok(met > kills / 4, `most kills must meet a run under way; ${met} of ${kills} did`)
  t.diagnostic(`seed ${seed}; ${met} of ${kills} kills met containers; ${remained} were still there before the clean-ups`)
})

test('the next run removes what a killed one left paused', { skip }, async () => {
  const child = run(frozen)
  while (!(await containersOf(pidOf(child))).some(({ State }) => State === 'paused')) {
    assert.equal(child.exitCode, null, 'the run ended before a container was paused')
    await wait(20)
  }
  child.kill('SIGKILL')
  await once(child, 'close')
  assert.equal((await ended(run('all-down'))).code, 0)
  await untilNothing('after the next run', pidOf(child))
})

test('Ctrl-C prints one line, leaves nothing and exits with 130', { skip }, async () => {
  const next = random(7)
  for (let i = 0; i < 6; i++) {
    const child = run(i % 2 === 0 ? 'all-down' : frozen)
    const end = ended(child)
    await firstContainer(child) // before, Node itself may not be up
    await wait(next() * 800)
    const running = child.exitCode === null
    child.kill('SIGINT')
    const { code, stderr } = await end
    assert.deepEqual(await remainingOf(pidOf(child)), [], `run ${i}`)
    if (!running) continue
    assert.equal(code, 130, stderr)
    assert.equal(stderr.trim().split('\n').length, 1, stderr)
  }
})

/** Settles when a run has a container, or has ended. */
async function firstContainer(child: ChildProcess): Promise<void> {
  while (child.exitCode === null && (await containersOf(pidOf(child))).length === 0) await wait(50)
}

/**
 * What ended by itself is removed by the engine, a moment later. A container that a busy engine was still making when its
 * runner died is there only after the first clean-up: that is what the second look is for.
 */
async function untilNothing(when: string, ...pids: readonly number[]): Promise<void> {
  const startedMs = performance.now()
  for (let again = true; ; await wait(50)) {
    const remaining = await remainingOf(...pids)
    const tookMs = performance.now() - startedMs
    if (remaining.length === 0) return
    assert.ok(tookMs < 60_000, `${when}: ${remaining.join(', ')}`)
    if (!again || tookMs < 10_000) continue
    again = false
    await clean()
  }
}
