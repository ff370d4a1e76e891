/** For tests that need an engine: why they are skipped where none answers, and what a command must know to find it. */
import { LabError } from '../../errors.ts'
import { connectEngine } from './engine.ts'

export async function whyNoEngine(): Promise<string | false> {
  try {
    await connectEngine()
    return false
  } catch (error) {
    if (error instanceof LabError) return error.message
    throw error
  }
}

/** What of this process's environment says where the engine and the built clients are. */
export const engineEnv: NodeJS.ProcessEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => /^(DOCKER_|XDG_CACHE_HOME)/.test(name)),
)
