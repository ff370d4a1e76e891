/** What the system says about processes: /proc on Linux, `ps` elsewhere. */
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const onLinux = process.platform === 'linux'

/** Whether a process (or, negative, a process group) exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/**
 * Kills what a unit has put into a session of its own, where its group's end does not reach it: processes with this
 * entry in the environment they were started with. Linux only; this process itself is left out.
 */
export async function killMarked(mark: string): Promise<void> {
  for (const pid of await processesWith((entry) => entry === mark)) kill(pid)
}

/** Processes with such an entry in the environment they were started with, but for this one. Linux only. */
export async function processesWith(isMark: (entry: string) => boolean): Promise<number[]> {
  if (!onLinux) return []
  const pids = (await readdir('/proc')).map(Number).filter((pid) => Number.isInteger(pid) && pid !== process.pid)
  const marked = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '') // gone, or another user's
      return environment.split('\0').some(isMark) ? [pid] : []
    }),
  )
  return marked.flat()
}

export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it has just ended
  }
}

/** Every process below this one. */
export async function descendants(pid: number): Promise<number[]> {
  const table = await processTable()
  const children = (parent: number): number[] =>
    table.filter((row) => row.parent === parent).flatMap((row) => [row.pid, ...children(row.pid)])
  return children(pid)
}

/**
 * Settles when every thread of each process is stopped (or none is), with what was seen. Looks every millisecond: a
 * thread in a system call stops late (65 of 200 were not at first). Calls `again` after each look that found otherwise.
 */
export async function allStopped(
  pids: readonly number[],
  wanted: boolean,
  signal: AbortSignal,
  again: () => void = () => {},
): Promise<string> {
  for (;;) {
    const states = (await Promise.all(pids.map(threadStates))).flat()
    if (states.every((state) => (state === 'T') === wanted)) {
      return wanted ? `all ${states.length} threads stopped` : `none of ${states.length} threads stopped`
    }
    await wait(1, undefined, { signal })
    again()
  }
}

/** Whether every thread of each process is stopped at this moment; one that has ended is not. */
export async function areStopped(pids: readonly number[]): Promise<boolean> {
  const states = await Promise.all(pids.map((pid) => threadStates(pid).catch(() => [''])))
  return states.flat().every((state) => state === 'T')
}

async function threadStates(pid: number): Promise<string[]> {
  if (!onLinux) return [(await run('ps', ['-o', 'stat=', '-p', String(pid)])).stdout.trim().slice(0, 1)]
  const threads = await readdir(`/proc/${pid}/task`)
  return Promise.all(
    threads.map(async (thread) => {
      const stat = await readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8').catch(() => ') X')
      return stat.slice(stat.lastIndexOf(')') + 2).slice(0, 1) // the name in brackets may hold anything
    }),
  )
}

async function processTable(): Promise<{ pid: number; parent: number }[]> {
  if (!onLinux) {
    const { stdout } = await run('ps', ['-axo', 'pid=,ppid='])
    return stdout
      .trim()
      .split('\n')
      .map((row) => row.trim().split(/\s+/).map(Number))
      .map(([pid = 0, parent = 0]) => ({ pid, parent }))
  }
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const rows = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
      const [, parent = '0'] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return { pid: Number(pid), parent: Number(parent) }
    }),
  )
  return rows
}
