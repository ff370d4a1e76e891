/** The command as a person starts it: a process, its output and its exit code. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { packageRoot } from '../paths.ts'

export const bin = join(packageRoot, 'lab', 'bin.mjs')
/** The command line of a client that misbehaves, for `--client`. */
export const badClient = (kind: string): string =>
  `bad='${process.execPath}' '${join(packageRoot, 'lab', 'testing', 'bad-client.mjs')}' ${kind}`

export interface Ended {
  readonly pid: number
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly tookMs: number
}
export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

export interface StartOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly prefix?: readonly string[]
  /** A command that hangs is killed after that, and the test fails by its exit code. */
  readonly longestMs?: number
}

/** The user's own environment without what would colour the output or change the lab. */
const plainEnv = (): NodeJS.ProcessEnv => ({ PATH: process.env.PATH, HOME: process.env.HOME, LC_ALL: 'C.UTF-8' })

export function startLab(args: readonly string[], { env = {}, prefix = [], longestMs = 90_000 }: StartOptions = {}): Started {
  const startedMs = performance.now()
  const [program = '', ...rest] = [...prefix, process.execPath, bin, ...args]
  const child = spawn(program, rest, { env: { ...plainEnv(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const text = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text.stdout += part))
  child.stderr.setEncoding('utf8').on('data', (part: string) => (text.stderr += part))
  const late = setTimeout(() => child.kill('SIGKILL'), longestMs)
  child.once('close', () => clearTimeout(late))
  const ended = once(child, 'close').then(
    ([code]): Ended => ({ pid: child.pid ?? -1, code: code as number | null, ...text, tookMs: performance.now() - startedMs }),
  )
  return { child, ended }
}

export const lab = (args: readonly string[], options: StartOptions = {}): Promise<Ended> => startLab(args, options).ended
