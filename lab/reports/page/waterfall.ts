/** One request as each client made it, a lane each, all on one scale of time. */
import type { Micros } from '../../../unit/protocol.ts'
import type { RequestSeen } from '../../timeline/timeline.ts'
import { msText } from '../../verdicts/checks.ts'
import { type Span, spansOf } from '../spans.ts'
import { pageStyle } from './words.ts'

export interface LaneRequest {
  readonly name: string
  /** undefined: the client did not come so far. */
  readonly request: RequestSeen | undefined
}

/** A request with more events than this is a flood; the rest is counted. */
const shownSpans = 100

export function waterfall(lanes: readonly LaneRequest[]): string {
  const seen = lanes.map(({ name, request }) => ({ name, drawing: request && drawingOf(request) }))
  const scale = scaleFor(Math.max(...seen.map(({ drawing }) => (drawing ? drawing.lastUs - drawing.startedUs : 0))))
  const drawn = seen.map(({ name, drawing }) => {
    if (!drawing) return `<div class="lane"><h5>${name}</h5><p class="dim">not reached</p></div>`
    const { spans } = drawing
    const rows = spans.slice(0, shownSpans).map((span) => row(span, drawing, scale))
    const more = spans.length > shownSpans ? `<p class="dim">… and ${spans.length - shownSpans} more events</p>` : ''
    return `<div class="lane"><h5>${name}</h5>${rows.join('\n')}${more}</div>`
  })
  return `<div class="waterfall" style="--tick:${percent(scale.tickUs, scale)}">${ruler(scale)}${drawn.join('\n')}</div>`
}

interface Drawing {
  readonly startedUs: Micros
  /** When the last thing of it was over. */
  readonly lastUs: Micros
  readonly spans: readonly Span[]
}

function drawingOf(request: RequestSeen): Drawing {
  const { startedUs } = request
  const spans = spansOf(request, pageStyle)
  return {
    startedUs,
    spans,
    lastUs: Math.max(request.endedUs ?? startedUs, ...spans.map((span) => span.endedUs ?? span.startedUs)),
  }
}

interface Scale {
  readonly fullUs: Micros
  readonly tickUs: Micros
}

/** At most six ticks, at 1, 2 or 5 times a power of ten. */
function scaleFor(longestUs: Micros): Scale {
  const power = 10 ** Math.floor(Math.log10(Math.max(longestUs, 100)))
  const tickUs = [0.2, 0.5, 1, 2].map((step) => step * power).find((tick) => longestUs / tick <= 6) ?? 2 * power
  return { tickUs, fullUs: Math.max(longestUs, 100) * 1.02 }
}

function ruler(scale: Scale): string {
  const ticks = Array.from({ length: Math.floor(scale.fullUs / scale.tickUs) + 1 }, (_, i) => i * scale.tickUs)
  const labels = ticks.map((us) => `<span style="left:${percent(us, scale)}">${us === 0 ? '0' : tickText(us)}</span>`)
  return `<div class="ruler" aria-hidden="true"><span></span><span></span><div class="track">${labels.join('')}</div></div>`
}

const tickText = (us: Micros): string => (us >= 1_000_000 ? `${us / 1_000_000} s` : `${us / 1000} ms`)
const percent = (us: Micros, { fullUs }: Scale): string => `${((100 * us) / fullUs).toFixed(2)}%`

function row({ kind, startedUs, endedUs, subject, outcome, detail, tone }: Span, drawing: Drawing, scale: Scale): string {
  const fromUs = Math.max(0, startedUs - drawing.startedUs)
  const toUs = Math.max(fromUs, (endedUs ?? drawing.lastUs) - drawing.startedUs)
  const took =
    endedUs === undefined || endedUs === startedUs ? '' : `<span class="dim">${msText((endedUs - startedUs) / 1000)}</span>`
  const isEnd = kind === 'response' || kind === 'error'
  const bar = `<i class="bar ${tone}" style="left:${percent(fromUs, scale)};width:${percent(toUs - fromUs, scale)}"></i>`
  const end = isEnd ? `<i class="end ${tone}" style="left:${percent(toUs, scale)}"></i>` : ''
  const words = [subject, outcome, took, detail].filter((part) => part !== '').join(' ')
  return `<div class="row"><span class="at">${(fromUs / 1000).toFixed(1)} ms</span><span class="what">${kind}</span><div class="track">${bar}${end}</div><span class="words">${words}</span></div>`
}
