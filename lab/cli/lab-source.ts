/** Opens labs for a command: the first at once, while scenarios are read, since a namespace takes its time. */
import type { LabError } from '../errors.ts'
import { openLab, type RuntimeChoice } from '../runtimes/open.ts'
import type { Lab } from '../runtimes/runtime.ts'

export class LabSource implements AsyncDisposable {
  readonly #choice: RuntimeChoice
  readonly #signal: AbortSignal
  readonly #first: Promise<Lab>
  #firstTaken = false
  /** Why `auto` did not take the better runtime. */
  fallback: LabError | undefined
  /** Hears of what takes long in opening a lab. */
  tell: (what: string) => void = () => {}

  constructor(choice: RuntimeChoice, signal: AbortSignal) {
    this.#choice = choice
    this.#signal = signal
    this.#first = this.#open()
    this.#first.catch(() => {}) // whoever takes it learns of it
  }

  /** The first lab, for a look at it; rejects where the runtime does not work. */
  get first(): Promise<Lab> {
    return this.#first
  }

  take(): Promise<Lab> {
    if (this.#firstTaken) return this.#open()
    this.#firstTaken = true
    return this.#first
  }

  /** Stops the first lab if nobody took it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#firstTaken) await this.#first.then((lab) => lab.stop()).catch(() => {})
  }

  #open(): Promise<Lab> {
    return openLab(
      this.fallback ? 'loopback' : this.#choice,
      this.#signal,
      (why) => {
        this.fallback = why
      },
      (what) => this.tell(what),
    )
  }
}
