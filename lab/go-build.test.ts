/** A build of the Go client that ends early leaves no process, and no folder longer than to the next build. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { findGo } from './go-client.ts'
import { type Started, startLab } from './testing/command.ts'
import { remainsOf, untilNothingRemains } from './testing/remains.ts'

const skip = !findGo() ? 'there is no Go here' : process.platform === 'linux' ? false : 'looks at /proc'
const folder = await mkdtemp(join(tmpdir(), 'lab-go-build-'))
after(() => rm(folder, { recursive: true, force: true }))
const cache = join(folder, 'failover-lab')
const builds = async () => (await readdir(cache)).filter((name) => name.startsWith('build-'))
const binaries = async () => (await readdir(cache)).filter((name) => name.startsWith('client-go-'))

/** The folder for clients is a new one, and Go would take it for its library too. */
const library = skip ? '' : execFileSync(findGo() ?? 'go', ['env', 'GOCACHE'], { encoding: 'utf8' }).trim()
/** A run of the Go client, which is not built yet. */
const startRun = (env: NodeJS.ProcessEnv = {}): Started =>
  startLab(['run', 'all-down', '--client', 'go'], {
    env: { XDG_CACHE_HOME: folder, GOCACHE: library, ...env },
    longestMs: 300_000,
  })
/** All of Go's library has to be built as well: it takes many seconds. */
const startCold = (name: string): Started => startRun({ GOCACHE: join(folder, name) })

/** Settles when the build's own children are at work. */
async function untilCompiling({ child }: Started): Promise<void> {
  while (child.exitCode === null && !remainsOf(child.pid ?? -1).some((row) => /\/(compile|asm|cgo|link) /.test(row)))
    await wait(5)
  assert.equal(child.exitCode, null, 'the build ended before it could be interrupted')
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`${signal} during a build leaves no process when the command has ended, and no folder`, { skip }, async () => {
    const started = startCold(signal)
    await untilCompiling(started)
    started.child.kill(signal)
    const { code, stderr, pid } = await started.ended
    assert.deepEqual(remainsOf(pid), [])
    assert.equal(code, 130)
    assert.match(stderr, /^note {2}Building .*\nfailover-lab: interrupted; everything the lab started is gone\.\n$/)
    assert.deepEqual(await builds(), [])
  })
}

test('kill -9 during a build leaves no process, and its folder goes with the next build', { skip }, async () => {
  const started = startCold('SIGKILL')
  await untilCompiling(started)
  started.child.kill('SIGKILL')
  const { remains, tookMs } = await untilNothingRemains(started.child.pid ?? -1, 10_000)
  assert.deepEqual(remains, [])
  assert.ok(tookMs < 5000, `${tookMs} ms`)
  // A client that nobody has used for long goes with the next build, one that somebody has does not.
  const [old, recent, other] = ['client-go-0123456789abcdef', 'client-go-fedcba9876543210', 'mine'] as const
  for (const name of [old, recent, other]) await writeFile(join(cache, name), '')
  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000)
  await utimes(join(cache, old), daysAgo(31), daysAgo(31))
  await utimes(join(cache, recent), daysAgo(29), daysAgo(29))
  await utimes(join(cache, other), daysAgo(99), daysAgo(99))
  const { code, stdout } = await startRun().ended
  assert.equal(code, 0, stdout)
  assert.deepEqual(await builds(), [])
  const left = await binaries()
  assert.equal(left.length, 2)
  assert.ok(left.includes(recent) && !left.includes(old))
  assert.ok((await readdir(cache)).includes(other))
})

test('a client that is used counts as used', { skip }, async () => {
  const built = (await binaries()).find((name) => name !== 'client-go-fedcba9876543210') ?? ''
  const longAgo = new Date(Date.now() - 99 * 86_400_000)
  await utimes(join(cache, built), longAgo, longAgo)
  assert.equal((await startRun().ended).code, 0)
  const { mtimeMs } = await stat(join(cache, built))
  assert.ok(mtimeMs > Date.now() - 86_400_000)
})
