import { type ChildProcess, type SendHandle, spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { AppliedEvent, FailedEvent, FlushedEvent } from '../unit/protocol.ts'
import type { GenerationCommand, GenerationEvent, GivenEvent } from './generation.ts'
import type { ListenHandle } from './listener.ts'

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never
/** A command that is answered; the number is added on the way. */
export type Question = Without<Extract<GenerationCommand, { id: number }>, 'id'>
type Acknowledgement = AppliedEvent | FailedEvent | FlushedEvent
export type Reply = { readonly answer: Acknowledgement } | { readonly given: GivenEvent; readonly handle: ListenHandle }

/** The supervisor's end of one generation. */
export class GenerationProcess {
  readonly number: number
  readonly pid: number
  /** Its code is loaded: what is told from now on is done at once. */
  readonly ready: Promise<void>
  /** It has exited and everything it reported has been passed on; resolves with what became of it. */
  readonly ended: Promise<string>
  readonly #child: ChildProcess
  readonly #questions = new Map<number, (reply: Reply) => void>()
  #lastId = 0

  /** Starts the process; what it reports that is no answer goes to `onEvent`. */
  constructor(number: number, startLine: StartLine, onEvent: (event: GenerationEvent) => void) {
    this.number = number
    const [command, ...args] = startLine(number)
    // Standard output belongs to the supervisor's channel: what a generation prints goes to standard error.
    const child = spawn(command, args, { stdio: ['ignore', 2, 2, 'ipc'] })
    this.#child = child
    this.pid = child.pid ?? 0
    let onReady = () => {}
    this.ready = new Promise((resolve) => {
      onReady = resolve
    })
    child.on('message', (message, handle) => {
      const event = message as GenerationEvent
      if (event.event === 'ready') onReady()
      else if (!this.#isReply(event, handle)) onEvent(event)
    })
    const exited = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message))
      child.once('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`))
    })
    // The channel closes after its last message has been read, which may be after the exit.
    const silent = new Promise<void>((resolve) => child.once('disconnect', resolve))
    this.ended = exited.then(async (how) => {
      if (child.connected) await silent
      return how
    })
  }

  /** Sends a command that is not answered by an acknowledgement. */
  tell(command: GenerationCommand): void {
    this.#child.send(command)
  }

  /** Sends a command, with a socket where it needs one, and waits for its answer. Rejects when the process ends first. */
  ask(question: Question, handle?: ListenHandle): Promise<Reply> {
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#questions.set(id, resolve)
      this.#child.send({ ...question, id }, handle as SendHandle | undefined, (error) => error && reject(error))
      this.ended.then((how) => reject(new Error(`Process ${this.number} (pid ${this.pid}) ended: ${how}.`)))
    })
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  #isReply(event: Exclude<GenerationEvent, { event: 'ready' }>, handle: unknown): boolean {
    switch (event.event) {
      case 'given':
        this.#answer(event.id, { given: event, handle: handle as ListenHandle })
        return true
      case 'applied':
      case 'failed':
      case 'flushed':
        this.#answer(event.id, { answer: event })
        return true
      default:
        return false
    }
  }

  #answer(id: number, reply: Reply): void {
    this.#questions.get(id)?.(reply)
    this.#questions.delete(id)
  }
}

/** The program and arguments that start generation `number`. */
export type StartLine = (number: number) => readonly [string, ...string[]]

/**
 * Starts a generation as this process was started, whichever way that was (bundled or from source), with other
 * arguments: `ownArgs` are those at the end of its command line.
 */
export function startLineLike(ownArgs: readonly string[]): StartLine {
  const start = process.argv.slice(1, process.argv.length - ownArgs.length)
  const setpriv = findSetpriv()
  return (number) => {
    const node = [process.execPath, ...process.execArgv, ...start, 'generation', String(number)] as [string, ...string[]]
    // A generation that is stopped (SIGSTOP) does not see the channel close: let the kernel end it with its parent.
    return setpriv ? [setpriv, '--pdeathsig', 'KILL', '--', ...node] : node
  }
}

function findSetpriv(): string | undefined {
  if (process.platform !== 'linux') return undefined
  const folders = ['/usr/bin', ...(process.env.PATH ?? '').split(':').filter((folder) => folder.startsWith('/'))]
  const found = folders.map((folder) => join(folder, 'setpriv')).find((file) => existsSync(file))
  return found && basename(realpathSync(found)) !== 'busybox' ? found : undefined // busybox has no --pdeathsig
}
