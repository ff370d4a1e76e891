/** Where built clients are kept, and what goes from there. Several labs may be at it at once. */
import { existsSync } from 'node:fs'
import { readdir, rm, stat, utimes } from 'node:fs/promises'
import { homedir, tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { isAlive } from './runtimes/processes.ts'

/** A client that nobody has used for so long belongs to a source or a Go that is no more. */
const unusedForMs = 30 * 86_400_000

export function cacheFolder(): string {
  if (process.env.XDG_CACHE_HOME) return join(process.env.XDG_CACHE_HOME, 'failover-lab')
  const home = process.env.HOME ?? homedir()
  return home && existsSync(home)
    ? join(home, process.platform === 'darwin' ? 'Library/Caches' : '.cache', 'failover-lab')
    : join(tmpdir(), `failover-lab-${userInfo().uid}`)
}

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
