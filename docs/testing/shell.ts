/** Commands of the documentation, run by a shell in a process group of their own, so that they can be ended whole. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

export interface Finished {
  readonly code: number | null
  readonly output: string
}
export interface Running {
  /** Settles with what was printed so far, as soon as it matches. */
  until(pattern: RegExp): Promise<string>
  stop(): Promise<Finished>
}

const deadlineMs = 120_000

export async function runCommand(command: string, cwd: string): Promise<Finished> {
  const { child, output } = start(command, cwd)
  const late = setTimeout(() => endGroup(child, 'SIGKILL'), deadlineMs)
  const [code] = await once(child, 'close')
  clearTimeout(late)
  return { code: code as number | null, output: output() }
}

export function startCommand(command: string, cwd: string): Running {
  const { child, output } = start(command, cwd)
  const closed = once(child, 'close')
  return {
    async until(pattern) {
      const late = setTimeout(() => endGroup(child, 'SIGKILL'), deadlineMs)
      try {
        while (!pattern.test(output())) {
          if (child.exitCode !== null) throw new Error(`\`${command}\` ended with ${child.exitCode}: ${output()}`)
          await Promise.race([once(child.stdout ?? child, 'data'), closed])
        }
        return output()
      } finally {
        clearTimeout(late)
      }
    },
    async stop() {
      endGroup(child, 'SIGTERM')
      const [code] = await closed
      return { code: code as number | null, output: output() }
    },
  }
}

function start(command: string, cwd: string): { readonly child: ChildProcess; readonly output: () => string } {
  // Colour and the npm that runs the tests must not change what the command prints.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:FORCE_COLOR|NODE_|npm_(?!config_))/.test(name)),
  )
  const child = spawn('sh', ['-c', command], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const endWithTests = () => endGroup(child, 'SIGKILL')
  process.once('exit', endWithTests)
  child.once('close', () => process.off('exit', endWithTests))
  let text = ''
  const add = (part: string) => {
    text += part
  }
  child.stdout.setEncoding('utf8').on('data', add)
  child.stderr.setEncoding('utf8').on('data', add)
  return { child, output: () => text }
}

function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal)
  } catch {
    // it has ended by itself
  }
}
