/** An engine may hang: then it answers nothing, and nobody can wait for what it was asked. One that answers is only busy. */
import { setTimeout as wait } from 'node:timers/promises'
import { untilAborted } from '../../until-aborted.ts'
import { type Engine, stillAnswers } from './engine.ts'

const lookMs = 10_000
const longestLooks = 12

/** Waits for the task as long as the engine answers; false if it has to be let go. */
export async function settlesWith(engine: Engine, task: Promise<unknown>): Promise<boolean> {
  let isSettled = false
  const settle = () => {
    isSettled = true
  }
  const settled = task.then(settle, settle)
  for (let looks = 0; !isSettled && looks < longestLooks; looks++) {
    const late = new AbortController()
    await Promise.race([settled, wait(lookMs, undefined, { signal: late.signal }).catch(() => {})])
    late.abort()
    if (!isSettled && !(await stillAnswers(engine))) break
  }
  return isSettled
}

/** Settles as the task does; with the signal, once what the task has begun is undone, or with `left` where that cannot be. */
export async function untilUndone<T>(
  engine: Engine,
  task: Promise<T>,
  signal: AbortSignal,
  { undo, left }: { readonly undo: (made: T) => Promise<void>; readonly left: () => Error },
): Promise<T> {
  try {
    return await untilAborted(task, signal)
  } catch (error) {
    if (!signal.aborted) throw error
    const undone = task.then(undo, () => {})
    if (!(await settlesWith(engine, undone)) || !(await stillAnswers(engine))) throw left()
    await undone
    throw signal.reason
  }
}
