/** Writes the journal while a run goes on, and lets the run wait for what it must see. */
import { nowUs } from '../../unit/clock.ts'
import type { Micros } from '../../unit/protocol.ts'
import type { LabError } from '../errors.ts'
import type { Journal, JournalEntry, LabEvent } from './journal.ts'

type WithoutTime<T> = T extends unknown ? Omit<T, 'atUs'> : never

export interface Deadline {
  readonly ms: number
  /** Told after how long it was given up. */
  readonly error: (waitedMs: number) => LabError
  /** Asked each time the deadline is reached: while the one who is waited for works, it is slow and not hung, and has as long again. */
  readonly isAtWork?: () => Promise<boolean>
}

export type EntryOf<Name extends JournalEntry['event']> = Extract<JournalEntry, { event: Name }>

interface Waiter {
  readonly done: (journal: Journal) => boolean
  readonly settle: () => void
}

export interface Wanted<Name extends JournalEntry['event']> {
  readonly events: readonly Name[]
  readonly matches: (entry: EntryOf<Name>) => boolean
  readonly from?: number
}
const isOneOf = <Name extends JournalEntry['event']>(entry: JournalEntry, events: readonly Name[]): entry is EntryOf<Name> =>
  (events as readonly string[]).includes(entry.event)

export class Recorder {
  readonly #entries: JournalEntry[] = []
  readonly #waiters = new Set<Waiter>()
  /** Aborts when the run cannot go on; the reason is a LabError. */
  readonly broken = new AbortController()

  get entries(): Journal {
    return this.#entries
  }

  append(entry: JournalEntry): void {
    this.#entries.push(entry)
    for (const waiter of this.#waiters) if (waiter.done(this.#entries)) waiter.settle()
  }

  /** Records an event of the lab itself. */
  note(event: WithoutTime<LabEvent>, atUs: Micros = nowUs()): void {
    this.append({ unit: 'lab', ...event, atUs } as JournalEntry)
  }

  /** Settles with the first entry of one of these kinds that `matches`: recorded already, from place `from` on, or yet to come. */
  async next<Name extends JournalEntry['event']>(
    { events, matches, from = 0 }: Wanted<Name>,
    deadline: Deadline,
    signal: AbortSignal,
  ): Promise<EntryOf<Name>> {
    let at = from
    let found: EntryOf<Name> | undefined
    const look = (journal: Journal) => {
      for (; at < journal.length && !found; at++) {
        const entry = journal[at]
        if (entry && isOneOf(entry, events) && matches(entry)) found = entry
      }
      return found !== undefined
    }
    await this.until(look, deadline, signal)
    if (!found) throw new Error('until() settles only when it was found')
    return found
  }

  /** Settles when `done` holds of the journal; looked at again with each entry. */
  async until(done: (journal: Journal) => boolean, { ms, error, isAtWork }: Deadline, signal: AbortSignal): Promise<void> {
    if (done(this.#entries)) return
    const stop = AbortSignal.any([signal, this.broken.signal])
    const startedMs = performance.now()
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        clearTimeout(late)
        stop.removeEventListener('abort', onAbort)
        this.#waiters.delete(waiter)
      }
      const onAbort = () => {
        leave()
        reject(stop.reason)
      }
      const waiter: Waiter = {
        done,
        settle: () => {
          leave()
          resolve()
        },
      }
      const onLate = async () => {
        const goesOn = (await isAtWork?.().catch(() => false)) ?? false
        if (!this.#waiters.has(waiter)) return // settled meanwhile
        if (goesOn) {
          late = setTimeout(onLate, ms)
          return
        }
        leave()
        reject(error(performance.now() - startedMs))
      }
      let late = setTimeout(onLate, ms)
      this.#waiters.add(waiter)
      if (stop.aborted) onAbort()
      else stop.addEventListener('abort', onAbort, { once: true })
    })
  }
}
