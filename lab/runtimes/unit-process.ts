/**
 * One process the lab starts: lines in, lines out, signals. Shared by the runtimes that run on this machine.
 *
 * The process leads a session of its own, so Ctrl-C on the terminal reaches the lab first. On Linux the kernel kills it
 * when the lab dies (PR_SET_PDEATHSIG), also while it is stopped: a frozen process never sees its input close.
 */
import { spawn } from 'node:child_process'
import { dieWithLab } from './die-with-lab.ts'
import { hearLastWords } from './last-words.ts'
import { readLines } from './lines.ts'
import { allStopped, areStopped, descendants, isAlive } from './processes.ts'
import type { Evidence, Unit, UnitExit, UnitSpec } from './runtime.ts'

const stderrTail = 4096

/** Starts a unit; `prefix` is what a runtime puts before its command line, such as a way into its namespace. */
export function startUnitProcess(spec: UnitSpec, prefix: readonly string[], canDieWithLab: boolean): Unit {
  const [program = '', ...args] = [...(canDieWithLab ? dieWithLab : []), ...prefix, ...spec.argv]
  const child = spawn(program, args, { env: spec.env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
  const lines = readLines(child.stdout, () => signalGroup('SIGKILL'))
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-stderrTail)
  })
  child.stdin.on('error', () => {}) // the unit has ended; `exited` says so
  const exited = new Promise<UnitExit>((resolve) => {
    child.once('error', (error) => resolve({ code: 127, signal: null, overBudget: false, stderr: error.message }))
    child.once('exit', () => {
      killGroup()
      void hearLastWords(child)
    })
    child.once('close', (code, signal) => resolve({ code, signal, overBudget: lines.overBudget, stderr: stderr.trim() }))
  })
  const signalGroup = (signal: NodeJS.Signals) => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    try {
      process.kill(-child.pid, signal)
    } catch {
      child.kill(signal) // its group is not there yet, or it has just gone
    }
  }
  /** What it started itself and is still in its group. */
  const killGroup = () => {
    if (child.pid !== undefined && isAlive(-child.pid)) process.kill(-child.pid, 'SIGKILL')
  }
  const kill = async (): Promise<Evidence> => {
    signalGroup('SIGKILL')
    const { code, signal } = await exited
    return { kind: 'process-state', detail: `pid ${child.pid} is gone (${signal ?? `exit ${code}`})` }
  }
  const tree = async (): Promise<readonly number[]> =>
    child.pid === undefined ? [] : [child.pid, ...(await descendants(child.pid))]
  const toTree = async (signal: NodeJS.Signals, wanted: boolean, abort: AbortSignal): Promise<Evidence> => {
    const pids = await tree()
    const send = () => {
      for (const pid of pids) process.kill(pid, signal)
    }
    send()
    // Again until it holds: nsenter stops itself when it learns that its child was stopped, which can be after SIGCONT.
    const states = await allStopped(pids, wanted, abort, send)
    return { kind: 'process-state', detail: `pid ${pids.join(', ')}: ${states}` }
  }
  return {
    id: spec.id,
    pid: child.pid ?? -1,
    send: (command) => void child.stdin.write(`${JSON.stringify(command)}\n`),
    onLine: (listener) => lines.listen(listener),
    exited,
    freeze: (abort) => toTree('SIGSTOP', true, abort),
    async whyNotFrozen() {
      const pids = await tree()
      return (await areStopped(pids)) ? undefined : `pid ${pids.join(', ')}: not all threads are stopped`
    },
    thaw: (abort) => toTree('SIGCONT', false, abort),
    kill,
    async stop(deadlineMs) {
      child.stdin.end()
      const late = setTimeout(() => signalGroup('SIGKILL'), deadlineMs)
      await exited
      clearTimeout(late)
    },
  }
}
