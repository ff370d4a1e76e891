import { once } from 'node:events'

/** Settles as the task does, or rejects with the signal's reason: for what does not hear of the signal itself. */
export async function untilAborted<T>(task: Promise<T>, signal: AbortSignal): Promise<T> {
  task.catch(() => {}) // who waits hears of it here, unless the signal was first
  signal.throwIfAborted()
  const settled = new AbortController()
  const aborted = once(signal, 'abort', { signal: settled.signal }).then(() => {
    throw signal.reason
  })
  aborted.catch(() => {}) // nobody waits for it any more
  return Promise.race([task, aborted]).finally(() => settled.abort())
}
