/** For tests that need an engine: why they are skipped where none answers. */
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
