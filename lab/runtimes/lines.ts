/** What a unit writes, as lines, within a budget: a client must not be able to fill the machine. */
import type { Readable } from 'node:stream'
import { nowUs } from '../../unit/clock.ts'
import type { Micros } from '../../unit/protocol.ts'

const budget = { lines: 400_000, lineBytes: 1 << 20 }

export interface Lines {
  /** It wrote more than the budget; `tooMuch` has been called. */
  readonly overBudget: boolean
  listen(listener: (line: string, receivedAtUs: Micros) => void): void
}

/** Splits standard output into lines, within the budget. */
export function readLines(stdout: Readable, tooMuch: () => void): Lines {
  let listener: (line: string, receivedAtUs: number) => void = () => {}
  let rest = ''
  let count = 0
  const state = {
    overBudget: false,
    listen(next: typeof listener) {
      listener = next
    },
  }
  stdout.setEncoding('utf8').on('data', (text: string) => {
    if (state.overBudget) return
    const receivedAtUs = nowUs()
    const parts = (rest + text).split('\n')
    rest = parts.pop() ?? ''
    count += parts.length
    if (count > budget.lines || rest.length > budget.lineBytes) {
      state.overBudget = true
      tooMuch()
      return
    }
    for (const line of parts) listener(line, receivedAtUs)
  })
  stdout.on('end', () => {
    if (rest !== '' && !state.overBudget) listener(rest, nowUs())
  })
  return state
}
