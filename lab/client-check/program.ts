/** The program that is checked: its process, the lines it writes, and waiting for them. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { nowUs } from '../../unit/clock.ts'
import type { ClientCommand, ClientEvent } from '../../unit/protocol.ts'
import { parseClientEvent } from '../run/client-events.ts'
import type { EventLine } from './order.ts'
import type { Mistake, OutputLine } from './rules.ts'

const errorKept = 2000
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
  readonly #wakes = new Set<() => void>()

  constructor([file, ...args]: readonly [string, ...string[]], env: Readonly<Record<string, string>>) {
    // A process group of its own: what the program starts ends with it.
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], env, detached: true })
    this.#child = child
    let number = 0
    createInterface({ input: child.stdout }).on('line', (text) => {
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
    const find = () => this.lines.slice(from).find(({ event }) => wanted(event))
    await this.#until(() => find() !== undefined || this.ended !== undefined, timeoutMs, signal)
    return find()
  }

  /** Whether the program ends in that time. */
  async ends(timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    await this.#until(() => this.ended !== undefined, timeoutMs, signal)
    return this.ended !== undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { pid } = this.#child
    if (pid === undefined) return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {} // the whole group has ended
    this.#child.stdout?.destroy() // a descendant outside the group cannot hold us up
    this.#child.stderr?.destroy()
    await this.#until(() => this.ended !== undefined, 2000, new AbortController().signal)
  }

  #read(line: OutputLine): void {
    const parsed = parseClientEvent(line.text)
    if ('wrong' in parsed) {
      this.mistakes.push({ rule: 'line', says: `the line ${parsed.wrong}`, line })
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
