import { LabError } from '../errors.ts'
import { docker } from './docker/docker.ts'
import { loopback } from './loopback.ts'
import { netns } from './netns.ts'
import type { Lab, Queue, Runtime, RuntimeKind } from './runtime.ts'

/** Every runtime. A new one is a file and a line here. */
export const runtimes: Readonly<Record<RuntimeKind, Runtime>> = { loopback, netns, docker }
export type RuntimeChoice = RuntimeKind | 'auto'

/** Opens a lab; `auto` takes `netns` where it works, else `loopback`, and says why. */
export async function openLab(
  choice: RuntimeChoice,
  signal: AbortSignal,
  onFallback: (why: LabError) => void,
  tell?: (what: string) => void,
  queue?: Queue,
): Promise<Lab> {
  if (choice !== 'auto') return runtimes[choice].open(signal, tell, queue)
  try {
    return await netns.open(signal)
  } catch (error) {
    if (!(error instanceof LabError) || signal.aborted) throw error
    onFallback(error)
    return loopback.open(signal, tell, queue)
  }
}
