/**
 * A process has ended, and one that it started still holds its pipes: no `close` will come. What it wrote itself is in
 * the pipes by now (64 KB at most), so they are read until they are quiet, and then closed.
 */
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'

const quietMs = 50
/** For one whose orphan goes on writing. */
const longestMs = 1000

/** Call it when the process has exited; `close` follows in any case. */
export async function hearLastWords({ stdout, stderr }: ChildProcessWithoutNullStreams): Promise<void> {
  let heard = 0
  for (const pipe of [stdout, stderr]) pipe.on('data', () => (heard += 1))
  const startedMs = performance.now()
  for (let before = -1; before !== heard && performance.now() - startedMs < longestMs; ) {
    before = heard
    await wait(quietMs, undefined, { ref: false })
    await nextTurn() // a timer may come before data that has long been there
  }
  stdout.destroy()
  stderr.destroy()
}
