/** One line that says what a run is waiting for; on a terminal only, gone when something else is printed. */
import type { Terminal } from './terminal.ts'

export interface LiveLine {
  readonly update: (what: string) => void
  readonly clear: () => void
}

export function liveLine(terminal: Terminal): LiveLine {
  if (!terminal.isLive) return { update: () => {}, clear: () => {} }
  let shown = false
  return {
    update(what) {
      const text = what.length >= terminal.columns ? `${what.slice(0, terminal.columns - 2)}…` : what
      terminal.writeError(`\r\x1b[2K${terminal.errorStyle.dim(text)}`)
      shown = true
    },
    clear() {
      if (shown) terminal.writeError('\r\x1b[2K')
      shown = false
    },
  }
}
