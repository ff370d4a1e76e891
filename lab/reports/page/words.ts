/** Small pieces of markup. Their texts are escaped already (html.ts). */
import type { Outcome } from '../../verdicts/verdict.ts'
import { byOutcome, outcomeMark, type Style } from '../style.ts'

const span = (name: string) => (text: string) => `<span class="${name}">${text}</span>`

/** The trace's words with classes for colours. */
export const pageStyle: Style = {
  dim: span('dim'),
  bold: span('bold'),
  good: span('good'),
  bad: span('bad'),
  unsure: span('unsure'),
  word: span('word'),
}

export const mark = (outcome: Outcome): string =>
  `<span class="mark" title="${outcome}">${byOutcome(pageStyle, outcome)(outcomeMark[outcome])}</span>`
