/** Where the lab writes, and whether in colour. */
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

/** Colour on a terminal; NO_COLOR and FORCE_COLOR decide otherwise (no-color.org). */
function wantsColor(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): boolean {
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false'
  return !env.NO_COLOR && stream.isTTY === true && env.TERM !== 'dumb'
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
