/**
 * A file that a command writes at its end. It is looked at before anything runs: a run of minutes must not end with
 * "no such folder". It is replaced whole or not at all: an older report survives Ctrl-C and a full disk.
 */
import { constants } from 'node:fs'
import { access, chmod, lstat, open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { LabError, messageOf } from '../errors.ts'

export interface OutputFile {
  /** As it was given. */
  readonly name: string
  readonly write: (text: string) => Promise<void>
}

/** `what` it is, for messages. Rejects (OUTPUT_FAILED) where it cannot be written; changes nothing yet. */
export async function openOutputFile(what: 'report' | 'journal', file: string): Promise<OutputFile> {
  const failed = (cause: unknown) =>
    new LabError('OUTPUT_FAILED', `Cannot write the ${what} ${file}: ${reasonOf(cause)}`, {
      cause,
      remedy: 'choose a file in a folder that exists, that you may write to, and that has room',
    })
  try {
    const replace = await replacement(file)
    return {
      name: file,
      write: (text) =>
        replace(text).catch((cause: unknown) => {
          throw failed(cause)
        }),
    }
  } catch (cause) {
    throw failed(cause)
  }
}

/** Without the name of the file that was tried, which may be one beside it. */
const reasonOf = (cause: unknown): string => messageOf(cause).replace(/, \w+ '.*$/, '')

/** How to write it: beside it and then over it; or in place, where there is nothing to replace or no right to. */
async function replacement(file: string): Promise<(text: string) => Promise<void>> {
  const inPlace = (text: string) => writeFile(file, text)
  const old = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (old?.isDirectory()) throw new Error('it is a folder')
  if (old) await access(file, constants.W_OK)
  if (old && (!old.isFile() || isOpenElsewhere(file))) return inPlace // a pipe, a device, or what the shell has opened
  if (!old && (await lstat(file).catch(() => undefined))) return inPlace // a link to what is not there yet
  const target = old ? await realpath(file) : resolve(file)
  const beside = join(dirname(target), `.${basename(target)}.${process.pid}`)
  try {
    await (await open(beside, 'wx')).close()
    await rm(beside)
  } catch (error) {
    if (old) return inPlace
    throw error
  }
  return async (text) => {
    try {
      await writeFile(beside, text, { flag: 'wx' })
      if (old) await chmod(beside, old.mode)
      await rename(beside, target)
    } catch (error) {
      await rm(beside, { force: true })
      throw error
    }
  }
}

/** `/dev/stdout`, `/dev/fd/3`, `>(…)`: names of an open file, whose other writers would go on in the old one. */
const isOpenElsewhere = (file: string): boolean => /^\/(?:dev\/(?:fd\/|std)|proc\/)/.test(resolve(file))
