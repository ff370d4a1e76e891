/** Runs a command once: in a process group of its own, under a time limit, with bounds on what it may write. */
import { type ChildProcess, spawn } from 'node:child_process'
import { nowUs } from '../../unit/clock.ts'
import type { Micros } from '../../unit/protocol.ts'

export interface CommandEnd {
  readonly endedUs: Micros
  readonly code: number | null
  readonly signal: string | null
  /** Why the command was killed, or could not be started. */
  readonly stopped: 'timeout' | 'flood' | 'not-started' | undefined
  /** The first of its standard output. */
  readonly stdout: string
  /** The end of its standard error; why it could not be started, if so. */
  readonly stderr: string
}
export interface CommandLimits {
  readonly timeMs: number
  readonly env: Readonly<Record<string, string>>
}

const bounds = { stdoutKept: 4096, stderrKept: 4096, written: 16 << 20 }
/** How long a process that left the group may hold the command's output open. */
const strayMs = 500

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) killGroup(child)
})

/** Settles when the command has ended and everything it has started in its group is killed; never rejects. */
export async function runCommand(words: readonly string[], { timeMs, env }: CommandLimits): Promise<CommandEnd> {
  const [program = '', ...args] = words
  const child = spawn(program, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  let stopped: CommandEnd['stopped']
  const stop = (why: CommandEnd['stopped']) => {
    stopped ??= why
    killGroup(child)
  }
  const kept = keepOutput(child, () => stop('flood'))
  const timer = setTimeout(() => stop('timeout'), timeMs)
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const end = await new Promise<Pick<CommandEnd, 'endedUs' | 'code' | 'signal'>>((resolve) => {
    child.once('exit', (code, signal) => resolve({ endedUs: nowUs(), code, signal }))
    child.once('error', (error: NodeJS.ErrnoException) => {
      stopped = 'not-started'
      kept.stderr = error.code === 'ENOENT' ? `no such program or interpreter (${error.message})` : error.message
      resolve({ endedUs: nowUs(), code: null, signal: null })
    })
  })
  clearTimeout(timer)
  killGroup(child) // what it has left in the background
  const stray = setTimeout(() => {
    child.stdout.destroy()
    child.stderr.destroy()
  }, strayMs)
  if (stopped !== 'not-started') await closed
  clearTimeout(stray)
  running.delete(child)
  return { ...end, stopped, stdout: kept.stdout.toString('utf8'), stderr: kept.stderr }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // it is gone
  }
}

function keepOutput({ stdout, stderr }: ChildProcess, onFlood: () => void) {
  const kept = { stdout: Buffer.alloc(0), stderr: '' }
  let written = 0
  const count = (length: number) => {
    written += length
    if (written > bounds.written) onFlood()
  }
  stdout?.on('data', (part: Buffer) => {
    count(part.length)
    const room = bounds.stdoutKept - kept.stdout.length
    if (room > 0) kept.stdout = Buffer.concat([kept.stdout, part.subarray(0, room)])
  })
  stderr?.on('data', (part: Buffer) => {
    count(part.length)
    kept.stderr = (kept.stderr + part.toString('utf8')).slice(-bounds.stderrKept)
  })
  return kept
}
