/** The lab's own files, as units in containers see them. */
import { readdir, readFile } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { packageRoot } from '../../paths.ts'
import { type ArchiveFile, archiveOf } from './archive.ts'

/** Where they are in a container. */
export const labFolder = '/lab'
/** What this machine brings along, such as a client's program. */
const carriedFolder = `${labFolder}/carried`

/** Where what is needed to observe a client from outside is. */
export const observedAt = { home: `${labFolder}/home`, pipe: `${labFolder}/packets`, mode: '644' }

/** What units are started with; the command line itself stays outside. */
const isOfUnit = (name: string): boolean => /^(dns-unit|server-unit|client-node|client-command)\.cjs/.test(name)

let packed: Promise<Buffer> | undefined

/** dist/ and lab/boot.cjs, once for all labs of this runner. */
export function filesOfLab(): Promise<Buffer> {
  packed ??= pack()
  return packed
}

async function pack(): Promise<Buffer> {
  const bundles = (await readdir(join(packageRoot, 'dist'))).filter(isOfUnit).map((name) => `dist/${name}`)
  const files = ['lab/boot.cjs', ...bundles].map(async (path): Promise<ArchiveFile> => {
    return { name: `${labFolder.slice(1)}/${path}`, content: await readFile(join(packageRoot, path)) }
  })
  return archiveOf(await Promise.all(files))
}

/** Each under its own name, side by side; one whose name is taken goes into a folder with a number. */
function carriedAs(path: string, carries: readonly string[]): string {
  const name = basename(path)
  const before = carries.slice(0, carries.indexOf(path)).filter((other) => basename(other) === name).length
  return before === 0 ? `${carriedFolder}/${name}` : `${carriedFolder}/${before + 1}/${name}`
}

/** A file of this machine, under the name that `inContainer` gives it. */
export const carried = async (path: string, carries: readonly string[]): Promise<Buffer> =>
  archiveOf([{ name: carriedAs(path, carries).slice(1), content: await readFile(path), executable: true }])

/** A command line of this machine as it reads in a container. */
export function inContainer(argv: readonly string[], carries: readonly string[]): string[] {
  return argv.map((word) => {
    if (carries.includes(word)) return carriedAs(word, carries)
    if (word === process.execPath) return 'node'
    const path = relative(packageRoot, word)
    return word.startsWith(packageRoot) && !path.startsWith('..') ? `${labFolder}/${path.replaceAll('\\', '/')}` : word
  })
}
