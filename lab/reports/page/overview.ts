/** The table of all scenarios and clients, where there is more than one scenario to choose from. */
import { countOf, type MissingClient } from '../result.ts'
import type { Lane, ScenarioGroup } from './groups.ts'
import { mark } from './words.ts'

export function overview(groups: readonly ScenarioGroup[], missing: readonly MissingClient[]): string {
  if (groups.length < 2) return missingList(missing)
  const names = [...new Set(groups.flatMap(({ lanes }) => lanes.map(({ variant }) => variant)))]
  const head = names.map((name) => `<th scope="col">${name}</th>`).join('')
  return `<table class="overview">
<thead><tr><th scope="col">scenario</th>${head}</tr></thead>
<tbody>
${groups.map((group) => row(group, names)).join('\n')}
</tbody>
</table>
${missingList(missing)}`
}

function row({ id, scenario, lanes }: ScenarioGroup, names: readonly string[]): string {
  const cells = names.map(
    (name) =>
      `<td>${lanes
        .filter((lane) => lane.variant === name)
        .map(cell)
        .join(' ')}</td>`,
  )
  return `<tr><th scope="row"><a href="#${id}">${scenario.name}</a> <span class="dim">${scenario.title}</span></th>${cells.join('')}</tr>`
}

function cell({ runs, shown, client }: Lane): string {
  const many = runs.length > 1 ? ` ${countOf(runs, 'pass')} of ${runs.length}` : ''
  return `<span title="${client}">${mark(shown.verdict.outcome)}${many}</span>`
}

function missingList(missing: readonly MissingClient[]): string {
  if (missing.length === 0) return ''
  const items = missing.map(
    ({ scenario, variant, reason, remedy }) =>
      `<li>${scenario} with ${variant}: ${reason}. <span class="dim">To add it: ${remedy}</span></li>`,
  )
  return `<h2>Not run</h2>\n<ul class="missing">${items.join('')}</ul>`
}
