/** Opens labs for a command: the first at once, while scenarios are read, since a namespace takes its time. */
import type { LabError } from '../errors.ts'
import { openLab, type RuntimeChoice } from '../runtimes/open.ts'
import type { Holder, Lab } from '../runtimes/runtime.ts'

export interface LabSourceOptions {
  readonly runtime: RuntimeChoice
  /** How long one lab may wait for another one to end. */
  readonly timeoutMs: number
}
/** Hears what a person should know while a lab is opened. */
export interface LabListener {
  /** What takes long. */
  readonly tell: (what: string) => void
  /** Another lab has to end first; once, however often it happens. */
  readonly onWait: (holder: Holder) => void
}

export class LabSource implements AsyncDisposable {
  readonly #options: LabSourceOptions
  readonly #signal: AbortSignal
  readonly #over = new AbortController()
  readonly #first: Promise<Lab>
  #firstTaken = false
  #listener: LabListener | undefined
  /** Heard before there was a listener. */
  #waitsFor: Holder | undefined
  /** Why `auto` did not take the better runtime. */
  fallback: LabError | undefined

  constructor(options: LabSourceOptions, signal: AbortSignal) {
    this.#options = options
    this.#signal = AbortSignal.any([signal, this.#over.signal])
    this.#first = this.#open()
    this.#first.catch(() => {}) // whoever takes it learns of it
  }

  listen(listener: LabListener): void {
    this.#listener = listener
    if (this.#waitsFor) listener.onWait(this.#waitsFor)
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

  /** Stops the first lab if nobody took it, or ends its waiting. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort()
    if (!this.#firstTaken) await this.#first.then((lab) => lab.stop()).catch(() => {})
  }

  #open(): Promise<Lab> {
    return openLab(
      this.fallback ? 'loopback' : this.#options.runtime,
      this.#signal,
      (why) => {
        this.fallback = why
      },
      (what) => this.#listener?.tell(what),
      { patienceMs: this.#options.timeoutMs, onWait: (holder) => this.#onWait(holder) },
    )
  }

  #onWait(holder: Holder): void {
    if (!this.#waitsFor) this.#listener?.onWait(holder)
    this.#waitsFor = holder
  }
}
