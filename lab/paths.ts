import { statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
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

/** The words of a command line that are files of this machine: not of its system, and not what starts the lab's own programs. */
export const filesAmong = (argv: readonly string[]): string[] =>
  argv.filter((word) => {
    const path = resolve(word)
    if (path === process.execPath || path === join(packageRoot, 'lab', 'boot.cjs') || /^\/(usr|bin|sbin)\//.test(path))
      return false
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true
  })
