/** Where scenarios come from: the shipped folder by name, or a file by path. */
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { LabError } from '../errors.ts'
import { scenariosFolder } from '../paths.ts'
import { nearest } from './nearest.ts'

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
  const path = isPath(nameOrPath) ? nameOrPath : join(scenariosFolder, `${nameOrPath}.yaml`)
  try {
    return {
      name: basename(path).replace(/\.ya?ml$/, ''),
      file: isPath(nameOrPath) ? nameOrPath : `scenarios/${nameOrPath}.yaml`,
      text: await readFile(path, 'utf8'),
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
