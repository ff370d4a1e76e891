/** Whatever way a run in containers ends, nothing of it remains: at once, or from the next start on. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { packageRoot } from '../../paths.ts'
import { random } from '../../testing/random.ts'
import { remainingOnEngine } from '../../testing/remaining-containers.ts'
import { connectEngine } from './engine.ts'
import { whyNoEngine } from './testing.ts'

const skip = await whyNoEngine()
const kills = Number(process.env.KILLS ?? 50)
const frozen = join(packageRoot, 'lab', 'testing', 'frozen.yaml')
const bin = join(packageRoot, 'lab', 'bin.mjs')

const start = (args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [bin, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
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
  let met = 0
  let remained = 0
  for (let i = 0; i < kills; i++) {
    const child = run(i % 2 === 0 ? 'all-down' : frozen)
    const afterMs = 200 + next() * 2500
    await Promise.race([wait(afterMs), once(child, 'close')])
    if ((await remainingOnEngine()).length > 0) met += 1
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
    if (i % 10 !== 9) continue
    remained += (await remainingOnEngine()).length
    await clean()
    await untilNothing(`seed ${seed}, after kill ${i + 1}`)
  }
  assert.ok(met > kills / 4, `most kills must meet a run under way; ${met} of ${kills} did`)
  t.diagnostic(`seed ${seed}; ${met} of ${kills} kills met containers; ${remained} were still there before the clean-ups`)
})

test('the next run removes what a killed one left paused', { skip }, async () => {
  const child = run(frozen)
  const { docker } = await connectEngine()
  for (;;) {
    const paused = await docker.listContainers({ filters: { label: ['failover-lab.run'], status: ['paused'] } })
    if (paused.length > 0) break
    assert.equal(child.exitCode, null, 'the run ended before a container was paused')
    await wait(20)
  }
  child.kill('SIGKILL')
  await once(child, 'close')
  assert.equal((await ended(run('all-down'))).code, 0)
  await untilNothing('after the next run')
})

test('Ctrl-C prints one line, leaves nothing and exits with 130', { skip }, async () => {
  const next = random(7)
  for (let i = 0; i < 6; i++) {
    const child = run(i % 2 === 0 ? 'all-down' : frozen)
    const end = ended(child)
    while (child.exitCode === null && (await remainingOnEngine()).length === 0) await wait(10) // node itself must be up
    await wait(next() * 800)
    const running = child.exitCode === null
    child.kill('SIGINT')
    const { code, stderr } = await end
    assert.deepEqual(await remainingOnEngine(), [], `run ${i}`)
    if (!running) continue
    assert.equal(code, 130, stderr)
    assert.equal(stderr.trim().split('\n').length, 1, stderr)
  }
})

/** What ended by itself is removed by the engine, a moment later. */
async function untilNothing(when: string): Promise<void> {
  const deadline = performance.now() + 20_000
  for (;;) {
    const remaining = await remainingOnEngine()
    if (remaining.length === 0) return
    assert.ok(performance.now() < deadline, `${when}: ${remaining.join(', ')}`)
    await wait(50)
  }
}
