import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packageRoot } from '../../lab/paths.ts'
import { blocksOf, fileNameOf } from './markdown.ts'

/** A folder in which the commands of a document can be run as if it were a checkout; what they write stays in it. */
export interface WorkFolder {
  readonly path: string
  remove(): void
}

/** Links to everything of the package, and the files that the document tells its reader to save. */
export function makeWorkFolder(document: string): WorkFolder {
  const path = mkdtempSync(join(tmpdir(), 'failover-lab-docs-'))
  for (const name of readdirSync(packageRoot)) if (!name.startsWith('.')) symlinkSync(join(packageRoot, name), join(path, name))
  for (const block of blocksOf(document)) {
    const name = fileNameOf(block)
    if (name) writeFileSync(join(path, name), `${block.text}\n`)
  }
  const python = blocksOf('clients/README.md').find(({ language }) => language === 'python')
  writeFileSync(join(path, 'client.py'), python?.text ?? '')
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}
