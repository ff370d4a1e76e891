/** Where the lab writes, and whether in colour. */
import { wantsColor } from '../../unit/color.ts'
import { type Style, styleFor } from '../reports/style.ts'

export interface Terminal {
  readonly write: (text: string) => void
  readonly writeError: (text: string) => void
  readonly style: Style
  readonly errorStyle: Style
  /** Whether standard error shows a line that can be rewritten. */
  readonly isLive: boolean
  readonly columns: number
}

export function openTerminal(env: NodeJS.ProcessEnv): Terminal {
  return {
    write: (text) => void process.stdout.write(text),
    writeError: (text) => void process.stderr.write(text),
    style: styleFor(wantsColor(process.stdout, env)),
    errorStyle: styleFor(wantsColor(process.stderr, env)),
    isLive: process.stderr.isTTY === true && env.TERM !== 'dumb' && env.CI === undefined,
    columns: process.stderr.columns ?? 80,
  }
}
