/** Where built clients are kept, and what goes from there. Several labs may be at it at once. */
import { accessSync, constants, existsSync, lstatSync, mkdirSync } from 'node:fs'
import { readdir, rm, stat, utimes } from 'node:fs/promises'
import { homedir, tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { LabError, messageOf } from './errors.ts'
import { isAlive } from './runtimes/processes.ts'

/** A client that nobody has used for so long belongs to a source or a Go that is no more. */
const unusedForMs = 30 * 86_400_000

let chosen: string | undefined

/** The user's cache folder where it can be written, else one of this user's alone beside the temporary files. Made if need be. */
export function cacheFolder(): string {
  chosen ??= usual(process.env).find(canWrite) ?? temporary()
  return chosen
}

function usual({ XDG_CACHE_HOME, HOME = homedir() }: NodeJS.ProcessEnv): string[] {
  if (XDG_CACHE_HOME) return [join(XDG_CACHE_HOME, 'failover-lab')]
  return HOME && existsSync(HOME) ? [join(HOME, process.platform === 'darwin' ? 'Library/Caches' : '.cache', 'failover-lab')] : []
}

/** Another lab may just have made it. Not `recursive`: on /proc Node would try for ever. */
function make(folder: string, mode?: number): void {
  try {
    mkdirSync(folder, { mode })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

function canWrite(folder: string): boolean {
  try {
    for (const one of [dirname(folder), folder]) make(one)
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false // a home that is not there, is somebody else's, or may only be read
  }
}

/** What is kept there is run later, and the name can be guessed: nobody else may have made the folder, or write into it. */
function temporary(): string {
  const { uid } = userInfo()
  const folder = join(tmpdir(), `failover-lab-${uid}`)
  const cannot = (why: string, cause?: unknown) =>
    new LabError('BUILD_FAILED', `There is no place for the Go client: ${folder} ${why}.`, {
      cause,
      remedy: 'set XDG_CACHE_HOME to a folder that you can write to',
    })
  try {
    make(folder, 0o700)
    const found = lstatSync(folder)
    const isOurs = found.isDirectory() && (uid === -1 || found.uid === uid) && (found.mode & 0o022) === 0
    if (!isOurs) throw cannot('is not only yours')
    return folder
  } catch (error) {
    throw error instanceof LabError ? error : cannot(`cannot be made (${messageOf(error)})`, error)
  }
}

/** Where Go keeps what it has compiled, if not where it usually does: beside the usual folder there would be no writing either. */
export const goBuildCache = (): string | undefined =>
  usual(process.env).includes(cacheFolder()) ? undefined : join(cacheFolder(), 'go-build')

/** Where a client is kept; `key` says what it was built from. */
export const binaryOf = (key: string): string => join(cacheFolder(), `client-go-${key}`)

/** Whether a client is there; it counts as used now. */
export async function isBuilt(binary: string): Promise<boolean> {
  const now = new Date()
  await utimes(binary, now, now).catch(() => {}) // not there, or a cache that may only be read
  return existsSync(binary)
}

/** Folders of builds whose lab was killed. */
export async function removeAbandonedBuilds(): Promise<void> {
  for (const name of await readdir(cacheFolder())) {
    const pid = /^build-(\d+)-/.exec(name)?.[1]
    if (pid && !isAlive(Number(pid))) await rm(join(cacheFolder(), name), { recursive: true, force: true })
  }
}

/** Clients, and half-written ones, that nobody has used for long. */
export async function removeUnused(): Promise<void> {
  for (const name of await readdir(cacheFolder())) {
    if (!/^client-go-[0-9a-f]{16}(\.\d+)?$/.test(name)) continue
    const file = join(cacheFolder(), name)
    const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: Date.now() })) // another lab has just removed it
    if (Date.now() - mtimeMs > unusedForMs) await rm(file, { force: true })
  }
}
