import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCommand } from './run-command.ts'
import { startWitness } from './testing.ts'

const env = { PATH: process.env.PATH ?? '' }
const sh = (script: string, timeMs = 20_000) => runCommand(['sh', '-c', script], { timeMs, env })

test('exit code, output and the end of standard error are kept', async () => {
  const end = await sh('echo body; echo first >&2; echo last >&2; exit 7')
  assert.deepEqual([end.code, end.signal, end.stopped, end.stdout, end.stderr], [7, null, undefined, 'body\n', 'first\nlast\n'])
})

test('a command that is killed by a signal says by which', async () => {
  assert.equal((await sh('kill -SEGV $$')).signal, 'SIGSEGV')
})

test('when time is up, the whole process group is killed', { timeout: 30_000 }, async () => {
  const { gone, hold } = await startWitness()
  const startedMs = performance.now()
  const end = await sh(`(trap '' TERM HUP; ${hold}) & wait`, 1500)
  const tookMs = performance.now() - startedMs
  assert.equal(end.stopped, 'timeout')
  assert.equal(end.stdout, 'held\n', 'the grandchild must have run')
  assert.ok(tookMs >= 1499 && tookMs < 6000, `${tookMs}`)
  await gone
})

/** Runs the script in the background until it has written into `$f`. */
const untilReady = (background: string) => `f=$(mktemp); ${background} & until [ -s "$f" ]; do :; done; rm "$f"; echo done`

test('what a command leaves in the background is killed when it ends', { timeout: 30_000 }, async () => {
  const { gone, hold } = await startWitness()
  const end = await sh(untilReady(`{ ${hold}; } > "$f"`))
  assert.deepEqual([end.code, end.stdout], [0, 'done\n'])
  await gone
})

test('a process in a session of its own cannot keep the command from ending', async () => {
  const startedMs = performance.now()
  const end = await sh(untilReady('setsid sh -c \'echo there > "$1"; sleep 9\' sh "$f"'))
  assert.equal(end.stdout, 'done\n')
  assert.ok(performance.now() - startedMs < 7000)
})

test('of a long output the first 4096 bytes are kept, and of errors the last', async () => {
  const end = await sh('head -c 100000 /dev/zero | tr "\\0" x; head -c 100000 /dev/zero | tr "\\0" y >&2; echo end >&2')
  assert.equal(end.stdout, 'x'.repeat(4096))
  assert.equal(end.stderr.length, 4096)
  assert.match(end.stderr, /yend\n$/)
  assert.equal(end.stopped, undefined)
})

test('a command that floods its output is killed', async () => {
  for (const script of ['yes', 'yes >&2']) {
    const end = await sh(script)
    assert.deepEqual([end.stopped, end.signal], ['flood', 'SIGKILL'], script)
  }
})

test('a program that does not exist is no crash', async () => {
  const end = await runCommand(['no-such-program-here'], { timeMs: 1000, env })
  assert.equal(end.stopped, 'not-started')
  assert.match(end.stderr, /ENOENT|EACCES/)
})
