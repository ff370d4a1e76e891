/** The program that is checked: its process, the lines it writes, and waiting for them. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { nowUs } from '../../unit/clock.ts'
import type { ClientCommand, ClientEvent } from '../../unit/protocol.ts'
import { parseClientEvent } from '../run/client-events.ts'
import type { EventLine } from './order.ts'
import type { Mistake, OutputLine } from './rules.ts'

const errorKept = 2000
/** All the plays together are some 200 lines, and less than a tenth of this. */
const mostBytes = 1 << 20
const mostWrongLines = 50
/** Further apart than this, the event's time and its line's arrival cannot be one moment. */
const clockSlackUs = 1_000_000

export class Program implements AsyncDisposable {
  readonly lines: EventLine[] = []
  /** Mistakes of single lines: no event, or a time that is not now. */
  readonly mistakes: Mistake[] = []
  /** The end of its standard error. */
  errorText = ''
  /** How it ended; undefined while it runs. */
  ended: string | undefined
  readonly #child: ChildProcess
  #stopped = false
  readonly #wakes = new Set<() => void>()

  constructor([file, ...args]: readonly [string, ...string[]], env: Readonly<Record<string, string>>) {
    // A process group of its own: what the program starts ends with it.
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], env, detached: true })
    this.#child = child
    let number = 0
    let bytes = 0
    child.stdout.on('data', (data: Buffer) => {
      bytes += data.length
      if (bytes > mostBytes) this.#stop('it flooded its output (over 1 MiB), and was stopped')
    })
    createInterface({ input: child.stdout }).on('line', (text) => {
      if (this.#stopped) return
      number += 1
      this.#read({ number, text })
      this.#wake()
    })
    child.stderr.on('data', (data: Buffer) => {
      this.errorText = (this.errorText + data.toString()).slice(-errorKept)
    })
    child.stdin.on('error', () => {}) // it has ended; `close` says so
    child.on('error', (error) => this.#end(`could not be started: ${error.message}`))
    child.on('close', (code, signal) => this.#end(signal ? `ended by ${signal}` : `ended with exit code ${code}`))
  }

  send(command: ClientCommand): void {
    this.#child.stdin?.write(`${JSON.stringify(command)}\n`)
  }

  closeInput(): void {
    this.#child.stdin?.end()
  }

  /** The first line from index `from` that is asked for; undefined when time is over or the program has ended. */
  async line(
    from: number,
    wanted: (event: ClientEvent) => boolean,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<EventLine | undefined> {
    let next = from // each line is looked at once, for a program may write many
    let found: EventLine | undefined
    const find = (): boolean => {
      while (!found && next < this.lines.length) {
        const line = this.lines[next++]
        if (line && wanted(line.event)) found = line
      }
      return found !== undefined
    }
    await this.#until(() => find() || this.ended !== undefined, timeoutMs, signal)
    return found
  }

  /** Whether the program ends in that time. */
  async ends(timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    await this.#until(() => this.ended !== undefined, timeoutMs, signal)
    return this.ended !== undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.pid === undefined) return
    this.#kill()
    await this.#until(() => this.ended !== undefined, 2000, new AbortController().signal)
  }

  #kill(): void {
    const { pid } = this.#child
    if (pid === undefined) return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {} // the whole group has ended
    this.#child.stdout?.destroy() // a descendant outside the group cannot hold us up
    this.#child.stderr?.destroy()
  }

  /** What goes on like this says nothing more: neither its lines nor its end are looked at. */
  #stop(why: string): void {
    if (this.#stopped) return
    this.#stopped = true
    this.mistakes.push({ rule: 'flood', says: why })
    this.#kill()
    this.#end('was stopped')
  }

  #read(line: OutputLine): void {
    const parsed = parseClientEvent(line.text)
    if ('wrong' in parsed) {
      this.mistakes.push({ rule: 'line', says: `the line ${parsed.wrong}`, line })
      if (this.mistakes.length >= mostWrongLines) this.#stop(`it was stopped after ${mostWrongLines} lines that are no events`)
      return
    }
    this.lines.push({ ...line, event: parsed.event })
    const offUs = nowUs() - parsed.event.atUs
    const wrongTime = Math.abs(offUs) > clockSlackUs || !Number.isInteger(parsed.event.atUs)
    if (wrongTime && !this.mistakes.some(({ rule }) => rule === 'clock')) {
      this.mistakes.push({ rule: 'clock', says: `atUs is ${parsed.event.atUs}, but the line came at ${nowUs()}`, line })
    }
  }

  #end(how: string): void {
    this.ended ??= how
    this.#wake()
  }

  #wake(): void {
    for (const wake of [...this.#wakes]) wake()
  }

  async #until(holds: () => boolean, timeoutMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (holds()) return
    await new Promise<void>((resolve, reject) => {
      const done = (settle: () => void) => {
        clearTimeout(timer)
        this.#wakes.delete(wake)
        signal.removeEventListener('abort', abort)
        settle()
      }
      const wake = () => holds() && done(resolve)
      const abort = () => done(() => reject(signal.reason))
      const timer = setTimeout(() => done(resolve), timeoutMs)
      this.#wakes.add(wake)
      signal.addEventListener('abort', abort, { once: true })
    })
  }
}
