/**
 * A lab's containers that are no units: nothing of them is asked for most of the time, and so nobody would miss one that
 * was ended from outside, or a unit would be blamed for what it then lacks.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { LabError } from '../../errors.ts'
import type { RunningContainer } from './container.ts'
import { type Engine, isGoingAway, silent, stillAnswers, wentAway } from './engine.ts'

/** An engine needs a while to remove a container, and to go away itself. */
const longestMs = 15_000

export const killedFromOutside = 'was killed from outside, or for want of memory'

export interface Losses {
  /** `does` says what it is there for. */
  watch(container: RunningContainer, name: string, does: string): void
  /** From now on they may end. */
  expectEnd(): void
  /** What it means that one has ended, as soon as that is seen; undefined if none had within that time, and the engine answers. */
  first(withinMs?: number): Promise<LabError | undefined>
}

export function watchLosses(engine: Engine): Losses {
  let isExpected = false
  let tell: (loss: { readonly why: Promise<LabError> }) => void = () => {}
  const lost = new Promise<{ readonly why: Promise<LabError> }>((resolve) => {
    tell = resolve
  })
  return {
    watch({ streams, gone }, name, does) {
      void streams.ended.then(() => {
        if (!isExpected) tell({ why: whyLost(gone, `${name} of the lab, which ${does},`, engine) })
      })
    },
    expectEnd() {
      isExpected = true
    },
    async first(withinMs) {
      const loss = await (withinMs === undefined ? lost : within(withinMs, lost))
      if (loss) return within(longestMs, loss.why)
      return withinMs === 0 || (await stillAnswers(engine)) ? undefined : silent(engine.where)
    },
  }
}

async function whyLost(gone: RunningContainer['gone'], which: string, engine: Engine): Promise<LabError> {
  const { code, fault } = await gone
  if (fault) return fault
  if (await isGoingAway(engine)) return wentAway(engine.where)
  const how = code === 137 ? killedFromOutside : `has ended with exit code ${code ?? 'unknown'}`
  return new LabError('LAB_DISTURBED', `The container ${which} ${how}.`, {
    remedy: "run it again, and leave the lab's containers alone; `docker events --since 10m --until 0s` tells `kill` from `oom`",
  })
}

async function within<T>(ms: number, task: Promise<T>): Promise<T | undefined> {
  const settled = new AbortController()
  const late = wait(ms, undefined, { signal: settled.signal }).catch(() => undefined)
  return Promise.race([task, late]).finally(() => settled.abort())
}
