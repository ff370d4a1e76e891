/** Engines that fail in the middle: each a clear message, exit code 3, and nothing left. Those that never work are in engine.test.ts. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { packageRoot } from '../../paths.ts'
import { lab, type Started, startLab } from '../../testing/command.ts'
import { OwnEngine, whyNoOwnEngine } from './own-engine.ts'

const skip = await whyNoOwnEngine()
const allDown = ['run', 'all-down', '--client', 'node', '--runtime', 'docker']
const waitingFile = join(packageRoot, 'lab', 'testing', 'waiting.yaml')

test('a full disk is named as such, wherever it is met, and nothing is left on it', { skip }, async () => {
  const engine = await OwnEngine.start({ diskMb: 300 })
  try {
    const whole = await lab(allDown, { env: engine.env })
    assert.equal(whole.code, 0, whole.stdout + whole.stderr)
    const filler = join(engine.data, 'filler')
    for (const freeMb of [1, 0]) {
      // With a megabyte left a container can be made, and the lab's files do not fit.
      const { bavail, bsize } = statfsSync(engine.data)
      writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - freeMb * 2 ** 20)), { flag: 'a' })
      const { code, stdout, stderr } = await lab(allDown, { env: engine.env })
      assert.equal(code, 3, stdout + stderr)
      assert.match(stdout + stderr, /the engine's disk is full \([\s\S]*docker system prune/)
      assert.equal(await engine.everything(), '')
    }
  } finally {
    await engine[Symbol.asyncDispose]()
  }
})

for (const signal of ['TERM', 'KILL'] as const) {
  test(`an engine restarted in mid-run (SIG${signal}) breaks the run, and the next leaves nothing of it`, { skip }, async () => {
    const engine = await OwnEngine.start()
    try {
      const { ended } = await underWay(engine)
      await engine.restart(signal)
      const { code, stdout, stderr } = await ended
      assert.equal(code, 3, stdout + stderr)
      assert.match(stdout + stderr, /the Docker engine went away/)
      const next = await lab(allDown, { env: engine.env })
      assert.equal(next.code, 0, next.stdout + next.stderr)
      await untilNothing(engine)
    } finally {
      await engine[Symbol.asyncDispose]()
    }
  })
}

test('an engine that is killed in mid-run has gone away, and the run ends with it', { skip }, async () => {
  const engine = await OwnEngine.start()
  try {
    const { ended } = await underWay(engine)
    const killedMs = performance.now()
    engine.signal('SIGKILL')
    const { code, stdout, stderr } = await ended
    assert.equal(code, 3, stdout + stderr)
    assert.match(stdout, /why +The docker runtime does not work here: the Docker engine went away \(DOCKER_HOST=unix:/)
    assert.ok(performance.now() - killedMs < 30_000, 'it waits for 40 s')
  } finally {
    await engine[Symbol.asyncDispose]()
  }
})

test('an engine that is killed while a lab is opened does not end the run in silence', { skip }, async () => {
  const engine = await OwnEngine.start()
  try {
    const firstStart = engine.nextStart()
    const { ended } = startLab(allDown, { env: engine.env })
    await firstStart // of the network's container, whose shell is not there yet
    engine.signal('SIGKILL')
    const { code, stdout, stderr } = await ended
    assert.match(stdout + stderr, /the Docker engine went away/)
    assert.equal(code, 3)
  } finally {
    await engine[Symbol.asyncDispose]()
  }
})

test('Ctrl-C while the engine hangs says what remains until it goes on', { skip }, async () => {
  const engine = await OwnEngine.start()
  try {
    const { child, ended } = await underWay(engine)
    const run = /failover-lab-(\w+)-network/.exec(await engine.states())?.[1]
    engine.signal('SIGSTOP')
    child.kill('SIGINT')
    const { code, stderr } = await ended
    assert.match(
      stderr,
      new RegExp(
        `^failover-lab: interrupted\\. The Docker engine does not answer \\(DOCKER_HOST=unix:\\S+\\), and what it has of run ${run} remains until it does\\.\\n {2}then \`failover-lab clean\` removes`,
      ),
    )
    assert.equal(code, 130)
    engine.signal('SIGCONT')
    assert.equal((await lab(['clean'], { env: engine.env })).code, 0)
    await untilNothing(engine)
  } finally {
    engine.signal('SIGCONT')
    await engine[Symbol.asyncDispose]()
  }
})

test('an engine that hangs is not the fault of the client, and does not hold up the end', { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'failover-lab-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const soon = join(folder, 'soon.yaml')
  const text = readFileSync(waitingFile, 'utf8')
  writeFileSync(soon, text.replace('wait: 40s', 'wait: 10s').replaceAll(/(?<=request: .*\n)/g, '    timeout: 3s\n'))
  const engine = await OwnEngine.start()
  try {
    const { ended } = await underWay(engine, soon)
    engine.signal('SIGSTOP')
    const { code, stdout } = await ended
    assert.match(stdout, /why +.*the engine at DOCKER_HOST=unix:\S+ does not answer within 10 s\.\n +do +start Docker again/)
    assert.match(stdout, /what it has of run \w+ remains until it does/)
    assert.doesNotMatch(stdout, /client-check/)
    assert.equal(code, 3)
  } finally {
    engine.signal('SIGCONT')
    await engine[Symbol.asyncDispose]()
  }
})

/** What the engine is removing by itself is gone a moment later. */
async function untilNothing(engine: OwnEngine): Promise<void> {
  const deadlineMs = performance.now() + 20_000
  while ((await engine.everything()) !== '' && performance.now() < deadlineMs) await wait(100)
  assert.equal(await engine.everything(), '', await engine.states())
}

/** A run that waits, with all its containers there: network, DNS, server, client. */
async function underWay(engine: OwnEngine, scenario = waitingFile): Promise<Started> {
  const started = startLab(['run', scenario, '--runtime', 'docker'], { env: engine.env })
  while (started.child.exitCode === null && (await engine.running()) < 4) await wait(50)
  assert.equal(started.child.exitCode, null, 'the run ended before its containers were there')
  return started
}
