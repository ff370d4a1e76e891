/** The first process of a namespace: a shell that runs one command after the other and says how each ended. */
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'

export interface ShellResult {
  readonly code: number
  /** Standard output and error, trimmed. */
  readonly output: string
}
export interface Shell {
  /** Its process id as this machine sees it: how others enter the namespace. */
  readonly pid: number
  /** Runs a command line and settles with its exit code; never rejects for a command that failed. */
  run(command: string): Promise<ShellResult>
  /** Ends it, and with it everything in the namespace; safe twice. */
  end(): Promise<void>
}

/** A shell that reads standard input, wherever it runs. */
export interface ShellProcess {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** Settles when it has ended, or why it could not start. */
  readonly ended: Promise<string>
  kill(): void
}

/** A shell on this machine. */
export const childShell = (child: ChildProcessWithoutNullStreams): ShellProcess => ({
  stdin: child.stdin,
  stdout: child.stdout,
  stderr: child.stderr,
  ended: new Promise((resolve) => {
    child.once('close', () => resolve(''))
    child.once('error', (error) => resolve(error.message))
  }),
  kill: () => {
    if (child.pid !== undefined && child.exitCode === null) child.kill('SIGKILL') // --kill-child: the namespace goes with it
  },
})

const mark = '@@done'

/**
 * Speaks to a shell that reads standard input. `setUp` prepares it and sets `$pid`, its process id outside; if it ends
 * the shell instead, this rejects with what it wrote to standard error.
 */
export async function openShell(child: ShellProcess, setUp: string, signal: AbortSignal): Promise<Shell> {
  const waiting: ((result: ShellResult) => void)[] = []
  let output = ''
  let stderr = ''
  let hasEnded = false
  const gone = child.ended.then((why) => {
    hasEnded = true
    stderr += why
  })
  child.stdin.on('error', () => {}) // it has ended; `gone` says so
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    for (let match = next(output); match; match = next(output)) {
      waiting.shift()?.({ code: match.code, output: match.before.trim() })
      output = match.rest
    }
  })
  void gone.then(() => {
    for (const settle of waiting.splice(0)) settle({ code: -1, output: `the namespace's shell has ended: ${stderr.trim()}` })
  })
  const run = (command: string) =>
    new Promise<ShellResult>((resolve) => {
      if (hasEnded || !child.stdin.writable)
        return resolve({ code: -1, output: `the namespace's shell has ended: ${stderr.trim()}` })
      waiting.push(resolve)
      child.stdin.write(`{ ${command}\n} </dev/null 2>&1; echo "${mark} $?"\n`)
    })
  const end = async () => {
    child.stdin.end()
    child.kill()
    await gone
  }
  const onAbort = () => child.kill()
  signal.addEventListener('abort', onAbort, { once: true })
  child.stdin.write(`${setUp}\n`)
  const { code, output: pid } = await run('echo "$pid"')
  signal.removeEventListener('abort', onAbort)
  if (code !== 0) {
    await end()
    throw new Error(stderr.trim().split('\n')[0] || 'its first process ended')
  }
  return { pid: Number(pid), run, end }
}

function next(text: string) {
  const match = /^([\s\S]*?)@@done (-?\d+)\n/.exec(text)
  return match && { before: match[1] ?? '', code: Number(match[2]), rest: text.slice(match[0].length) }
}
