/** Where scenarios come from: the shipped folder by name, or a file by path. */
import { open, readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { LabError } from '../errors.ts'
import { scenariosFolder } from '../paths.ts'
import { nearest } from './nearest.ts'
import { decodeScenario, maxBytes } from './text.ts'

export interface ScenarioSource {
  readonly name: string
  /** As the user wrote it, or relative to the package; for messages. */
  readonly file: string
  readonly text: string
}

const isPath = (text: string) => /[/\\]|\.ya?ml$/.test(text)

/** The names of the shipped scenarios, in alphabetical order. */
export async function shippedNames(): Promise<string[]> {
  const files = await readdir(scenariosFolder)
  return files.flatMap((file) => (file.endsWith('.yaml') ? [file.slice(0, -5)] : [])).sort()
}

export async function loadScenario(nameOrPath: string): Promise<ScenarioSource> {
  const file = isPath(nameOrPath) ? nameOrPath : `scenarios/${nameOrPath}.yaml`
  const text = decodeScenario(await readBytes(nameOrPath))
  if (typeof text !== 'string') throw new LabError('SCENARIO_INVALID', `${file}:${text.line}:${text.column}: ${text.message}`)
  return { name: basename(file).replace(/\.ya?ml$/, ''), file, text }
}

/** The bytes of the file, one more than is allowed at most; a device or a pipe is no scenario. */
async function readBytes(nameOrPath: string): Promise<Uint8Array> {
  const path = isPath(nameOrPath) ? nameOrPath : join(scenariosFolder, `${nameOrPath}.yaml`)
  try {
    if (!(await stat(path)).isFile()) throw Object.assign(new Error('not a regular file'), { code: 'not a regular file' })
    const handle = await open(path)
    try {
      const { buffer, bytesRead } = await handle.read(new Uint8Array(maxBytes + 1), 0, maxBytes + 1, 0)
      return buffer.subarray(0, bytesRead)
    } finally {
      await handle.close()
    }
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (isPath(nameOrPath))
      throw new LabError('SCENARIO_UNKNOWN', `Cannot read ${nameOrPath} (${code}).`, {
        cause,
        remedy: 'give the path of a scenario file, or a name from `failover-lab list`',
      })
    const near = nearest(nameOrPath, await shippedNames())
    throw new LabError('SCENARIO_UNKNOWN', `There is no scenario ${nameOrPath}.`, {
      cause,
      remedy: near
        ? `did you mean ${near}?`
        : '`failover-lab list` names them; a file of your own is given as a path, ./mine.yaml',
    })
  }
}
