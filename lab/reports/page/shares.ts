/** Who served how many of a step's requests, where there are too many to show each. */
import type { StepSeen } from '../../timeline/timeline.ts'

export function sharesTable(lanes: readonly { readonly name: string; readonly step: StepSeen | undefined }[]): string {
  const counted = lanes.map(({ name, step }) => ({ name, counts: countServers(step), total: step?.requests.length ?? 0 }))
  const addresses = [...new Set(counted.flatMap(({ counts }) => [...counts.keys()]))].sort()
  const rows = counted.map(({ name, counts, total }) => {
    const bars = addresses.map((address) => {
      const count = counts.get(address) ?? 0
      const percent = total === 0 ? 0 : (100 * count) / total
      return `<td><i class="bar good" style="width:${(percent * 0.6).toFixed(1)}%"></i> ${count} <span class="dim">${percent.toFixed(0)} %</span></td>`
    })
    return `<tr><th scope="row">${name}</th>${bars.join('')}</tr>`
  })
  const head = addresses.map((address) => `<th scope="col">${address}</th>`)
  return `<table class="shares"><thead><tr><th scope="col">served by</th>${head.join('')}</tr></thead><tbody>${rows.join('\n')}</tbody></table>`
}

function countServers(step: StepSeen | undefined): Map<string, number> {
  const counts = new Map<string, number>()
  for (const request of step?.requests ?? []) {
    const address = request.served.at(-1)?.address ?? 'nobody'
    counts.set(address, (counts.get(address) ?? 0) + 1)
  }
  return counts
}
