import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { packageRoot } from '../paths.ts'
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
  const run = existsSync(join(packageRoot, 'tools', 'build.mjs')) ? 'npm run scenario' : 'failover-lab run'
  const all = run.startsWith('npm') ? `${run} -- --all` : `${run} --all`
  const next = [
    [`${run} all-down`, 'one of them'],
    [all, 'all of them'],
    [`${run} ./mine.yaml`, 'a file of your own'],
  ] as const
  terminal.write(`\n${next.map(([command, what]) => `${command.padEnd(29)} ${terminal.style.dim(what)}\n`).join('')}`)
  return 0
}
