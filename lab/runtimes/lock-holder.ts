/** Who holds the lock of the loopback runtime, in words, and what a person can do about it. */
import { readdir, readFile, readlink } from 'node:fs/promises'
import type { LockPlace } from './loopback-lock.ts'
import type { Holder } from './runtime.ts'

/** `pid` as the holder has told it itself; a stopped one tells nothing, and then the kernel is asked (on Linux, for a process of one's own). */
export async function holderAt(place: LockPlace, pid: number | undefined): Promise<Holder> {
  if (pid !== undefined)
    return {
      who: `Another lab (pid ${pid})`,
      remedy: 'wait for it, or end it; with --runtime netns labs run side by side (`failover-lab doctor` says what that needs)',
    }
  const silent = 'path' in place ? await pidWith(place.path) : undefined
  if (silent !== undefined && (await isStopped(silent)))
    return {
      who: `Another lab (pid ${silent}, which is stopped)`,
      remedy: `let it go on (\`fg\`, or \`kill -CONT ${silent}\`) or end it (\`kill -KILL ${silent}\`)`,
    }
  if (silent !== undefined)
    return { who: `Another lab (pid ${silent}, which does not answer)`, remedy: `wait for it, or end it (\`kill ${silent}\`)` }
  return {
    who: 'Another lab (which does not answer: stopped, or not yours)',
    remedy: 'see whether a `failover-lab` is stopped (`jobs`, `ps`); with --runtime netns labs run side by side',
  }
}

/** The process that has an abstract socket of this name open. */
async function pidWith(path: string): Promise<number | undefined> {
  const table = await readFile('/proc/net/unix', 'utf8').catch(() => '')
  const suffix = ` @${path.slice(1)}`
  const inodes = new Set(
    table.split('\n').flatMap((row) => (row.endsWith(suffix) ? `socket:[${row.trim().split(/\s+/)[6]}]` : [])),
  )
  for (const pid of (await readdir('/proc').catch(() => [])).filter(
    (name) => /^\d+$/.test(name) && Number(name) !== process.pid,
  )) {
    const files = await readdir(`/proc/${pid}/fd`).catch(() => []) // another user's
    const links = await Promise.all(files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => '')))
    if (links.some((link) => inodes.has(link))) return Number(pid)
  }
  return undefined
}

async function isStopped(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T')
}
