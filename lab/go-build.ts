/** One build of the Go client on this machine, in a process group of its own that ends whole. */
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { LabError, messageOf } from './errors.ts'
import { cacheFolder, removeAbandonedBuilds, removeUnused } from './go-cache.ts'
import { isAlive } from './runtimes/processes.ts'

/**
 * `go` starts compilers, and a signal to it alone leaves those running. The reader waits for its input to close, which
 * the kernel does when the lab ends in whatever way, and then ends the group with itself in it.
 */
const endWithInput = `
exec 3<&0
{ read -r _ <&3; kill -KILL 0; } >/dev/null 2>&1 &
"$@" 3<&- </dev/null
code=$?
kill -KILL $!
exit $code`

/** Builds the source in `sourceFolder` as `binary`. When the signal ends it, nothing of it is left once this rejects. */
export async function buildGo(
  go: string,
  sourceFolder: string,
  binary: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted()
  await removeAbandonedBuilds()
  const work = await mkdtemp(join(cacheFolder(), `build-${process.pid}-`))
  try {
    await runInGroup(
      [go, 'build', '-trimpath', '-buildvcs=false', '-o', join(work, 'client'), '.'],
      { cwd: sourceFolder, env: { ...env, GOTMPDIR: work } },
      signal,
    )
    await rename(join(work, 'client'), binary)
    await removeUnused()
  } catch (cause) {
    signal.throwIfAborted()
    const words = messageOf(cause).trim().split('\n').slice(0, 4).join(' | ')
    throw new LabError('BUILD_FAILED', `The Go client cannot be built: ${words}`, {
      cause,
      remedy: `try \`cd ${sourceFolder} && go build\``,
    })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** For a POSIX shell. */
const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

async function runInGroup(
  argv: readonly string[],
  at: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
  signal: AbortSignal,
): Promise<void> {
  const { $ } = await import('zx')
  const building = $({
    ...at,
    shell: '/bin/sh', // zx asks for bash, which a small image lacks, and quotes as only bash reads it
    prefix: '',
    quote,
    quiet: true,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  })`sh -c ${endWithInput} sh ${argv}`
  const group = building.pid
  const end = () => {
    try {
      if (group !== undefined) process.kill(-group, 'SIGKILL')
    } catch {
      // it has just ended
    }
  }
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  try {
    await building
  } finally {
    signal.removeEventListener('abort', end)
    const deadlineMs = performance.now() + 5000
    while (group !== undefined && isAlive(-group) && performance.now() < deadlineMs) await wait(5)
  }
}
