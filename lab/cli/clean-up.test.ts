/** Whatever way a run ends, nothing of it remains: not a process, and so (all is held by processes) no namespace, rule or mount. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { packageRoot } from '../paths.ts'
import { runtimes } from '../runtimes/open.ts'
import { ownNetwork } from '../testing/own-network.ts'
import { random } from '../testing/random.ts'
import { remainsOf, untilNothingRemains } from '../testing/remains.ts'
import { inParallel, whyNot } from '../testing/run-scenario.ts'

const bin = join(packageRoot, 'lab', 'bin.mjs')
const frozen = join(packageRoot, 'lab', 'testing', 'frozen.yaml')
const skipOffLinux = process.platform === 'linux' ? false : 'looks at /proc'
const kills = 100

const start = (scenario: string, runtime: string): ChildProcess =>
  spawnIn(runtime, [process.execPath, bin, 'run', scenario, '--client', 'node', '--runtime', runtime])

/** Runs of the loopback runtime side by side would take each other's port; `unshare` keeps the process id. */
function spawnIn(runtime: string, command: readonly string[]): ChildProcess {
  const [program = '', ...args] = [...(runtime === 'loopback' ? ownNetwork : []), ...command]
  return spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true })
}

/** How long a run takes on this machine now: kills are spread over its length. */
async function lengthOfRunMs(runtime: string): Promise<number> {
  const startedMs = performance.now()
  await once(start('all-down', runtime), 'close')
  return performance.now() - startedMs
}

/** The lab's mounts in this namespace; others may come and go. */
const mounts = () => readFileSync('/proc/self/mounts', 'utf8').match(/^lab .*|.*(resolv|nsswitch|gai)\.conf.*/gm) ?? []

for (const runtime of ['netns', 'loopback'] as const) {
  const skip = skipOffLinux || (await whyNot(runtime))

  test(`in ${runtime}, ${kills} kills at random moments leave nothing`, { skip }, async (t) => {
    const seed = Date.now() % 2 ** 31
    const next = random(seed)
    const mountsBefore = mounts()
    let slowestMs = 0
    let met = 0
    const longestMs = await lengthOfRunMs(runtime)
    // Every fifth kill is meant for the runner's own start; the others come once it has started something. The frozen
    // scenario lasts seconds, so that most of its kills meet stopped servers.
    const moments = Array.from({ length: kills }, (_, i) => ({
      early: i % 5 === 0,
      afterMs: next() * longestMs * (i % 2 === 0 ? 0.5 : 2),
      scenario: i % 2 === 0 ? 'all-down' : frozen,
    }))
    await inParallel(
      moments,
      runtimes[runtime].runsPerCore > 0 || ownNetwork.length > 0 ? 4 : 1,
      async ({ early, afterMs, scenario }) => {
        const child = start(scenario, runtime)
        if (child.pid === undefined) return
        while (!early && child.exitCode === null && remainsOf(child.pid).length === 0) await wait(20)
        await wait(afterMs)
        if (remainsOf(child.pid).length > 0) met += 1
        child.kill('SIGKILL')
        const { remains, tookMs } = await untilNothingRemains(child.pid, 10_000)
        slowestMs = Math.max(slowestMs, tookMs)
        assert.deepEqual(remains, [], `seed ${seed}, killed after ${afterMs} ms`)
      },
    )
    assert.deepEqual(mounts(), mountsBefore)
    assert.ok(met > kills / 4, `many kills must meet a run under way; ${met} of ${kills} did`)
    t.diagnostic(
      `seed ${seed}; ${met} of ${kills} kills met units; the last one was gone ${slowestMs.toFixed(0)} ms after its runner at the latest`,
    )
  })

  test(`in ${runtime}, Ctrl-C at random moments prints one line, leaves nothing and exits with 130`, { skip }, async () => {
    const seed = Date.now() % 2 ** 31
    const next = random(seed)
    for (let i = 0; i < 15; i++) {
      const child = start(i % 2 === 0 ? 'all-down' : frozen, runtime)
      let stderr = ''
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        stderr += text
      })
      const exited = once(child, 'close')
      await wait(250 + next() * 500) // node itself must be up to handle a signal
      const running = child.pid !== undefined && remainsOf(child.pid).length > 0
      child.kill('SIGINT')
      const [code] = await exited
      if (child.pid !== undefined) assert.deepEqual(remainsOf(child.pid), [], `seed ${seed}, run ${i}`)
      if (!running) continue
      assert.equal(code, 130, `seed ${seed}, run ${i}: ${stderr}`)
      assert.equal(stderr.trim().split('\n').length, 1, stderr)
    }
  })
}
