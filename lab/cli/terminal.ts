/** Where the lab writes, and whether in colour. */
import { wantsColor } from '../../unit/color.ts'
import { type Style, styleFor } from '../reports/style.ts'
import { asTyped } from './as-typed.ts'

export interface Terminal {
  readonly write: (text: string) => void
  readonly writeError: (text: string) => void
  readonly style: Style
  readonly errorStyle: Style
  /** Whether standard error shows a line that can be rewritten. */
  readonly isLive: boolean
  /** Now; a person may make the window narrower. */
  readonly columns: number
  /** Aborted when standard output takes no more: `| head` has gone away (EPIPE), or a disk is full; its reason is the error. */
  readonly readerGone: AbortSignal
  readonly loseReader: (error: NodeJS.ErrnoException) => void
  /** A text with commands in it as they are typed here. */
  readonly asTyped: (text: string) => string
}

export function openTerminal(env: NodeJS.ProcessEnv): Terminal {
  const gone = new AbortController()
  return {
    write: (text) => {
      if (!gone.signal.aborted) process.stdout.write(text)
    },
    readerGone: gone.signal,
    loseReader: (error) => gone.abort(error),
    writeError: (text) => void process.stderr.write(text),
    style: styleFor(wantsColor(process.stdout, env)),
    errorStyle: styleFor(wantsColor(process.stderr, env)),
    isLive: process.stderr.isTTY === true && env.TERM !== 'dumb' && env.CI === undefined,
    get columns() {
      return process.stderr.columns || 80
    },
    asTyped: (text) => asTyped(text, env),
  }
}
