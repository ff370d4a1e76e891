/** One scenario: what it teaches, its clients, and its steps, each with what every client did and what was expected of it. */
import type { Step } from '../../scenario/scenario.ts'
import type { StepSeen } from '../../timeline/timeline.ts'
import { msText } from '../../verdicts/checks.ts'
import { describeStep, heldWords } from '../describe.ts'
import { countOf } from '../result.ts'
import { checkTable } from './check-table.ts'
import type { Lane, ScenarioGroup } from './groups.ts'
import { sharesTable } from './shares.ts'
import { waterfall } from './waterfall.ts'
import { mark } from './words.ts'

/** Requests of one step that are all shown; of more, the first and the first that failed. */
const shownRequests = 3

export function scenarioSection({ id, scenario, lanes }: ScenarioGroup): string {
  return `<section id="${id}">
<h2>${scenario.name} <span class="dim">${scenario.title}</span></h2>
<p class="about">${scenario.about}</p>
<ul class="lanes">${lanes.map(laneItem).join('')}</ul>
<ol class="steps">
${scenario.steps.map((step, index) => stepItem(step, index, lanes)).join('\n')}
</ol>
</section>`
}

function laneItem({ name, client, runs, shown: { verdict, timeline, tookMs } }: Lane): string {
  const many =
    runs.length > 1
      ? ` · ${countOf(runs, 'pass')} of ${runs.length} repetitions passed, this is number ${timeline.run.repetition}`
      : ''
  const reasons = verdict.reasons.map(
    ({ message, remedy }) => `<p class="why">${message}${remedy ? ` <span class="dim">${remedy}</span>` : ''}</p>`,
  )
  return `<li>${mark(verdict.outcome)} <b>${name}</b> <span class="dim">${client} · seed ${timeline.run.seed} · ${heldWords(verdict)} (${msText(tookMs)})${many}</span>${reasons.join('')}</li>\n`
}

function stepItem(step: Step, index: number, lanes: readonly Lane[]): string {
  const seen = lanes.map((lane) => ({ lane, step: lane.shown.timeline.steps.find((entry) => entry.index === index) }))
  const title = `<h3>${describeStep(step)}</h3>`
  if (step.kind !== 'request') return `<li class="${step.kind}">${title}${seen.map(evidence).join('')}</li>`
  const most = Math.max(0, ...seen.map((entry) => entry.step?.requests.length ?? 0))
  const shown = most <= shownRequests ? Array.from({ length: most }, (_, i) => i) : [...new Set([0, ...failed(index, lanes)])]
  const requests = shown.map((i) => {
    const heading = most > 1 ? `<h4>request ${i + 1} of ${most}</h4>` : ''
    return heading + waterfall(seen.map((entry) => ({ name: entry.lane.name, request: entry.step?.requests[i] })))
  })
  const shares = most > shownRequests ? sharesTable(seen.map((entry) => ({ name: entry.lane.name, step: entry.step }))) : ''
  return `<li class="request">${title}${requests.join('')}${shares}${checkTable(index, lanes)}</li>`
}

/** The first request of each client that something was wrong with. */
const failed = (step: number, lanes: readonly Lane[]): number[] =>
  lanes.flatMap(({ shown: { verdict } }) => {
    const bad = verdict.checks.find((check) => check.step === step && check.outcome !== 'pass' && check.repetition !== undefined)
    return bad?.repetition === undefined ? [] : [bad.repetition]
  })

function evidence({ lane, step }: { readonly lane: Lane; readonly step: StepSeen | undefined }): string {
  if (!step) return `<p class="dim">${lane.name}: not reached</p>`
  if (!step.fault) return ''
  const counted =
    step.fault.counted === undefined ? '' : `; met by ${step.fault.counted} packet${step.fault.counted === 1 ? '' : 's'}`
  return `<p class="dim">${lane.name}: in force: ${step.fault.evidence.join(' · ')}${counted}</p>`
}
