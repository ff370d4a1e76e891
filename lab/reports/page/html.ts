/**
 * The page for a screen in a workshop, or to keep with a CI run: each scenario with its clients one below the other on
 * one scale of time, and their expectations side by side. One file, without a script, that loads nothing.
 */
import { outcomes, outcomeWords } from '../describe.ts'
import { eachText } from '../each-text.ts'
import { printable } from '../printable.ts'
import type { Reporter } from '../reporter.ts'
import { countOf, type MissingClient, type Results, type RunResult } from '../result.ts'
import { groupRuns, type ScenarioGroup } from './groups.ts'
import { overview } from './overview.ts'
import { scenarioSection } from './scenario-section.ts'
import { styleSheet } from './style-sheet.ts'

export const html: Reporter = {
  run: () => '',
  missing: () => '',
  end: ({ runs, missing }) => page(groupRuns(runs.map(escapedRun)), missing.map(escaped), countWords({ runs, missing })),
}

function page(groups: readonly ScenarioGroup[], missing: readonly MissingClient[], counts: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
<title>failover-lab: ${counts}</title>
<style>${styleSheet}</style>
</head>
<body>
<header>
<h1>failover-lab</h1>
<p>${counts}</p>
${legend}
</header>
<main>
${overview(groups, missing)}
${groups.map(scenarioSection).join('\n')}
</main>
</body>
</html>
`
}

const legend = `<ul class="legend">
<li><i class="bar plain"></i> lookup, query, waiting for the server</li>
<li><i class="bar good"></i> connected, answered</li>
<li><i class="bar unsure"></i> given up, held back</li>
<li><i class="bar bad"></i> refused, failed, not answered, an error status</li>
<li><i class="end good"></i><i class="end bad"></i> the end of the request</li>
</ul>`

function countWords({ runs, missing }: Results): string {
  const counted = outcomes.flatMap((outcome) => {
    const count = countOf(runs, outcome)
    return count === 0 ? [] : [`${count} ${outcomeWords[outcome]}`]
  })
  const notRun = missing.length === 0 ? [] : [`${missing.length} not run`]
  return `${runs.length} run${runs.length === 1 ? '' : 's'}: ${[...counted, ...notRun].join(', ') || 'none'}`
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Everything that comes from a file or a client, before any markup is put around it. */
const escaped = <T>(value: T): T =>
  eachText(printable(value), (text) => text.replace(/[&<>"']/g, (found) => entities[found] ?? found))
const escapedRun = ({ timeline, verdict, tookMs }: RunResult) => ({
  timeline: escaped(timeline),
  verdict: escaped(verdict),
  tookMs,
})
