import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The package's own folder, from a source file (lab/paths.ts) as well as from a bundle (dist/cli.cjs). */
export const packageRoot = join(dirname(fileURLToPath(import.meta.url)), '..')
export const scenariosFolder = join(packageRoot, 'scenarios')

/** The command line of one of the lab's own Node programs in dist/. */
export const bootArgv = (entry: string, ...args: string[]): [string, ...string[]] => [
  process.execPath,
  join(packageRoot, 'lab', 'boot.cjs'),
  entry,
  ...args,
]
