/** The Go client: built when first needed, cached by its source, the Go version and the build's settings. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { LabError } from './errors.ts'
import { buildGo } from './go-build.ts'
import { binaryOf, goBuildCache, isBuilt, removeUnused } from './go-cache.ts'
import { packageRoot } from './paths.ts'
import { findProgram, labMark, searchPath } from './runtimes/programs.ts'
import type { ClientTarget } from './runtimes/runtime.ts'
import { untilAborted } from './until-aborted.ts'

const sourceFolder = join(packageRoot, 'clients', 'go')

export const goMissing = {
  reason: 'there is no Go on this machine',
  remedy: 'install Go 1.21 or newer (Debian, Ubuntu: `sudo apt-get install golang-go`; macOS: `brew install go`)',
}

/** Where Go is: on PATH, or where its own installer puts it. */
export const findGo = (): string | undefined =>
  findProgram('go') ?? (existsSync('/usr/local/go/bin/go') ? '/usr/local/go/bin/go' : undefined)

/** For what is built where this machine is not the one that runs it. */
export interface GoBuildFor {
  readonly target: ClientTarget
  readonly cgo: boolean
}

const built = new Map<string, Promise<string>>()

/** The path of the client's program; built where it must be, once however many runs ask for it. The signal ends a build whole. */
export function goClient(onBuild: () => void, signal: AbortSignal, place?: GoBuildFor): Promise<string> {
  const key = place ? `${place.target.goarch}-${place.cgo}` : ''
  const program = built.get(key) ?? (place ? findOrBuildFor(place, onBuild, signal) : findOrBuild(onBuild, signal))
  built.set(key, program)
  return program
}

/**
 * For containers: without cgo this machine's Go builds for any Linux. With cgo the C library matters, and this machine's
 * own build will do on Linux; elsewhere, and where there is no Go, it is built in a container.
 */
async function findOrBuildFor({ target, cgo }: GoBuildFor, onBuild: () => void, signal: AbortSignal): Promise<string> {
  const own = process.platform === 'linux' && target.goarch === goArch[process.arch]
  if (findGo() && (!cgo || (own && findProgram('gcc')))) {
    return findOrBuild(onBuild, signal, cgo ? {} : { CGO_ENABLED: '0', GOOS: 'linux', GOARCH: target.goarch })
  }
  const sources = new Map(
    await Promise.all((await sourceFiles()).map(async (name) => [name, await readFile(join(sourceFolder, name))] as const)),
  )
  const hash = createHash('sha256').update(`${target.goarch} ${cgo} ${target.goImage}`)
  for (const [name, content] of sources) hash.update(name).update(content)
  const binary = binaryOf(hash.digest('hex').slice(0, 16))
  if (await isBuilt(binary)) return binary
  onBuild()
  // An image that is being pulled does not hear of the signal.
  const content = await untilAborted(target.buildGo(sources, cgo, signal), signal)
  const part = `${binary}.${process.pid}`
  await writeFile(part, content, { mode: 0o755 })
  await rename(part, binary)
  await removeUnused()
  return binary
}

const goArch: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }

async function findOrBuild(
  onBuild: () => void,
  signal: AbortSignal,
  settings: Readonly<Record<string, string>> = {},
): Promise<string> {
  const go = findGo()
  if (!go) throw new LabError('CLIENT_MISSING', `The Go client cannot run: ${goMissing.reason}.`, { remedy: goMissing.remedy })
  const binary = binaryOf(await keyOf(go, settings, signal))
  if (await isBuilt(binary)) return binary
  onBuild()
  await buildGo(go, sourceFolder, binary, { ...goEnv(), ...settings }, signal)
  return binary
}

/** Changes with the source, the Go version and what decides about cgo. */
async function keyOf(go: string, settings: Readonly<Record<string, string>>, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  for (const file of await sourceFiles()) hash.update(file).update(await readFile(join(sourceFolder, file)))
  const { stdout } = await promisify(execFile)(go, ['env', 'GOVERSION', 'GOOS', 'GOARCH', 'CGO_ENABLED', 'CC'], {
    env: { ...goEnv(), ...settings },
    cwd: sourceFolder,
    signal,
  })
  return hash.update(stdout).digest('hex').slice(0, 16)
}

const sourceFiles = async (): Promise<string[]> =>
  (await readdir(sourceFolder)).filter((name) => /(?<!_test)\.go$|^go\.mod$/.test(name)).sort()

/** Go's own settings stay (GOPROXY, GOFLAGS, CC); where there is no home to write to, Go needs a cache of ours. */
const goEnv = (): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: searchPath(),
  GOTOOLCHAIN: 'local',
  GOWORK: 'off',
  ...labMark,
  GOCACHE: process.env.GOCACHE ?? goBuildCache(),
})
