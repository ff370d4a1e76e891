import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where ip, nft and tcpdump live on systems that keep them off an ordinary user's PATH. */
const systemFolders = ['/usr/sbin', '/sbin']

/** Folders of PATH, and those of system programs. */
export const searchPath = (): string =>
  [...(process.env.PATH ?? '').split(delimiter), ...systemFolders].filter(Boolean).join(delimiter)

/** The full path of a program, or undefined. */
export function findProgram(name: string): string | undefined {
  return searchPath()
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK)
        return statSync(file).isFile()
      } catch {
        return false
      }
    })
}

/** In the environment of every process a lab starts: which lab it belongs to (the process id of its runner). */
export const labMark = { FAILOVER_LAB: String(process.pid) }
