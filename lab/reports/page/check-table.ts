/** The expectations of a step, a row each, with what was seen of every client side by side. */
import type { Check } from '../../verdicts/verdict.ts'
import { type CheckGroup, groupChecks } from '../describe.ts'
import type { Lane } from './groups.ts'
import { mark } from './words.ts'

export function checkTable(step: number, lanes: readonly Lane[]): string {
  const columns = lanes.map(({ name, shown }) => ({
    name,
    groups: groupChecks(shown.verdict.checks.filter((check) => check.step === step)),
  }))
  const keys = [...new Set(columns.flatMap(({ groups }) => groups.map(({ key }) => key)))]
  if (keys.length === 0) return ''
  const rows = keys.map((key) => {
    const cells = columns.map(({ groups }) => `<td>${cell(groups.find((group) => group.key === key))}</td>`)
    return `<tr><th scope="row">${key}</th>${cells.join('')}</tr>`
  })
  const head = columns.map(({ name }) => `<th scope="col">${name}</th>`)
  return `<table class="checks"><thead><tr><th scope="col">expected</th>${head.join('')}</tr></thead><tbody>${rows.join('\n')}</tbody></table>`
}

function cell(group: CheckGroup | undefined): string {
  if (!group) return '<span class="dim">–</span>'
  const [bad] = group.bad
  if (bad) return badCell(bad, group.bad.length)
  return `${mark('pass')} ${group.seen}${group.expected ? ` <span class="dim">(expected ${group.expected})</span>` : ''}`
}

function badCell({ outcome, repetition, expected, seen }: Check, count: number): string {
  const where = repetition === undefined ? '' : ` <span class="dim">(request ${repetition + 1})</span>`
  const more = count > 1 ? ` <span class="dim">and ${count - 1} more like this</span>` : ''
  return `${mark(outcome)} <b>${seen}</b>${where}<br/><span class="dim">expected</span> ${expected}${more}`
}
