import { parse } from 'yaml'
import { prettyListLine } from '../reports/pretty.ts'
import { loadScenario, shippedNames } from '../scenario/library.ts'
import type { Terminal } from './terminal.ts'

/** `failover-lab list`: the shipped scenarios, a line each. */
export async function printList(terminal: Terminal): Promise<number> {
  const sources = await Promise.all((await shippedNames()).map(loadScenario))
  for (const { name, text } of sources) {
    const title = (parse(text) as { readonly title?: unknown } | null)?.title
    terminal.write(prettyListLine({ name, title: String(title ?? '') }, terminal.style))
  }
  terminal.write(
    terminal.style.dim(
      '\nRun one: npm run scenario all-down   All: npm run scenario -- --all   A file of your own: npm run scenario ./mine.yaml\n',
    ),
  )
  return 0
}
