/** What a lab has left behind: processes that carry its mark. Linux only. */
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'

/** Living processes (zombies are gone but for their parent) that a runner with this process id has started. */
export function remainsOf(runnerPid: number): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== runnerPid)
    .flatMap((pid) => {
      try {
        const isOurs = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`FAILOVER_LAB=${runnerPid}`)
        return isOurs ? [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`] : []
      } catch {
        return [] // ended meanwhile, or not ours to read
      }
    })
}

/** Waits until nothing is left; returns what still is at the deadline, and how long it took. */
export async function untilNothingRemains(
  runnerPid: number,
  deadlineMs: number,
): Promise<{ readonly remains: readonly string[]; readonly tookMs: number }> {
  const startedMs = performance.now()
  for (;;) {
    const remains = remainsOf(runnerPid)
    const tookMs = performance.now() - startedMs
    if (remains.length === 0 || tookMs > deadlineMs) return { remains, tookMs }
    await wait(20)
  }
}
