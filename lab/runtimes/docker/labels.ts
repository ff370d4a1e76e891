/** What every container and volume of a lab carries: which run it is of, and who runs it. */
import { randomBytes } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

export const runLabel = 'failover-lab.run'
export const runnerLabel = 'failover-lab.runner'

/** One run's own id, in the names of its containers. */
export const newRunId = (): string => randomBytes(4).toString('hex')

/** A process of a machine's boot. The start time tells two processes of one number apart; the PID namespace, two containers. */
export interface Runner {
  readonly host: string
  readonly boot: string
  readonly pidNamespace: string
  readonly pid: number
  readonly startTime: string
}

export function thisRunner(): Runner {
  return {
    host: hostname(),
    boot: thisBoot(),
    pidNamespace: thisPidNamespace(),
    pid: process.pid,
    startTime: startTimeOf(process.pid) ?? '',
  }
}

export const labelsOf = (runId: string): Record<string, string> => ({
  [runLabel]: runId,
  [runnerLabel]: JSON.stringify(thisRunner()),
})

export function parseRunner(text: string | undefined): Runner | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return typeof value === 'object' && value !== null && 'pid' in value && typeof value.pid === 'number'
      ? (value as Runner)
      : undefined
  } catch {
    return undefined // another version's
  }
}

/** Whether that process lives; undefined where this process cannot know: another machine, or another container. */
export function isRunnerAlive(runner: Runner): boolean | undefined {
  if (runner.host !== hostname()) return undefined
  if (runner.boot !== thisBoot()) return false
  if (runner.pidNamespace !== thisPidNamespace()) return undefined
  try {
    process.kill(runner.pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return startTimeOf(runner.pid) === (runner.startTime === '' ? undefined : runner.startTime)
}

const readOr = (read: () => string): string => {
  try {
    return read().trim()
  } catch {
    return '' // not Linux
  }
}
const thisBoot = (): string => readOr(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'))
const thisPidNamespace = (): string => readOr(() => readlinkSync('/proc/self/ns/pid'))

/** In clock ticks since boot; undefined off Linux, or where there is no such process. */
function startTimeOf(pid: number): string | undefined {
  const stat = readOr(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  return stat === '' ? undefined : stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}
