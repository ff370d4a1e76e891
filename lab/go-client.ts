/** The Go client: built when first needed, cached by its source, the Go version and the build's settings. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { LabError } from './errors.ts'
import { packageRoot } from './paths.ts'
import { dieWithLab } from './runtimes/die-with-lab.ts'
import { isAlive } from './runtimes/processes.ts'
import { findProgram, searchPath } from './runtimes/programs.ts'
import type { ClientTarget } from './runtimes/runtime.ts'

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
  readonly signal: AbortSignal
}

const built = new Map<string, Promise<string>>()

/** The path of the client's program; built where it must be, once however many runs ask for it. */
export function goClient(onBuild: () => void, place?: GoBuildFor): Promise<string> {
  const key = place ? `${place.target.goarch}-${place.cgo}` : ''
  const program = built.get(key) ?? (place ? findOrBuildFor(place, onBuild) : findOrBuild(onBuild))
  built.set(key, program)
  return program
}

/**
 * For containers: without cgo this machine's Go builds for any Linux. With cgo the C library matters, and this machine's
 * own build will do on Linux; elsewhere, and where there is no Go, it is built in a container.
 */
async function findOrBuildFor({ target, cgo, signal }: GoBuildFor, onBuild: () => void): Promise<string> {
  const own = process.platform === 'linux' && target.goarch === goArch[process.arch]
  if (findGo() && (!cgo || (own && findProgram('gcc')))) {
    return findOrBuild(onBuild, cgo ? {} : { CGO_ENABLED: '0', GOOS: 'linux', GOARCH: target.goarch })
  }
  const sources = new Map(
    await Promise.all((await sourceFiles()).map(async (name) => [name, await readFile(join(sourceFolder, name))] as const)),
  )
  const hash = createHash('sha256').update(`${target.goarch} ${cgo} ${target.goImage}`)
  for (const [name, content] of sources) hash.update(name).update(content)
  const binary = join(cacheFolder(), `client-go-${hash.digest('hex').slice(0, 16)}`)
  if (existsSync(binary)) return binary
  onBuild()
  await mkdir(cacheFolder(), { recursive: true })
  const content = await target.buildGo(sources, cgo, signal)
  const part = `${binary}.${process.pid}`
  await writeFile(part, content, { mode: 0o755 })
  await rename(part, binary)
  return binary
}
const goArch: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }

async function findOrBuild(onBuild: () => void, settings: Readonly<Record<string, string>> = {}): Promise<string> {
  const go = findGo()
  if (!go) throw new LabError('CLIENT_MISSING', `The Go client cannot run: ${goMissing.reason}.`, { remedy: goMissing.remedy })
  const binary = join(cacheFolder(), `client-go-${await keyOf(go, settings)}`)
  if (existsSync(binary)) return binary
  onBuild()
  const { $ } = await import('zx')
  await mkdir(cacheFolder(), { recursive: true })
  await removeAbandonedBuilds()
  const work = await mkdtemp(join(cacheFolder(), `build-${process.pid}-`))
  try {
    const wrap = process.platform === 'linux' && findProgram('setpriv') ? dieWithLab : []
    await $({
      env: { ...goEnv(), ...settings, GOTMPDIR: work },
      cwd: sourceFolder,
      quiet: true,
    })`${wrap} ${go} build -trimpath -buildvcs=false -o ${join(work, 'client')} .`
    await rename(join(work, 'client'), binary)
    return binary
  } catch (cause) {
    throw new LabError(
      'BUILD_FAILED',
      `The Go client cannot be built: ${cause instanceof Error ? cause.message.trim().split('\n').slice(0, 4).join(' | ') : String(cause)}`,
      {
        cause,
        remedy: `try \`cd ${sourceFolder} && go build\``,
      },
    )
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** Changes with the source, the Go version and what decides about cgo. */
async function keyOf(go: string, settings: Readonly<Record<string, string>>): Promise<string> {
  const hash = createHash('sha256')
  for (const file of await sourceFiles()) hash.update(file).update(await readFile(join(sourceFolder, file)))
  const { stdout } = await promisify(execFile)(go, ['env', 'GOVERSION', 'GOOS', 'GOARCH', 'CGO_ENABLED', 'CC'], {
    env: { ...goEnv(), ...settings },
    cwd: sourceFolder,
  })
  return hash.update(stdout).digest('hex').slice(0, 16)
}

const sourceFiles = async (): Promise<string[]> =>
  (await readdir(sourceFolder)).filter((name) => /(?<!_test)\.go$|^go\.mod$/.test(name)).sort()

/** Folders of builds whose lab was killed. */
async function removeAbandonedBuilds(): Promise<void> {
  for (const name of await readdir(cacheFolder())) {
    const pid = /^build-(\d+)-/.exec(name)?.[1]
    if (pid && !isAlive(Number(pid))) await rm(join(cacheFolder(), name), { recursive: true, force: true })
  }
}

/** Go's own settings stay (GOPROXY, GOFLAGS, CC); HOME may be missing, and then Go needs a cache of ours. */
const goEnv = (): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: searchPath(),
  GOTOOLCHAIN: 'local',
  GOWORK: 'off',
  GOCACHE: process.env.GOCACHE ?? (process.env.HOME ? undefined : join(cacheFolder(), 'go-build')),
})

function cacheFolder(): string {
  if (process.env.XDG_CACHE_HOME) return join(process.env.XDG_CACHE_HOME, 'failover-lab')
  const home = process.env.HOME ?? homedir()
  return home && existsSync(home)
    ? join(home, process.platform === 'darwin' ? 'Library/Caches' : '.cache', 'failover-lab')
    : join(tmpdir(), `failover-lab-${userInfo().uid}`)
}
