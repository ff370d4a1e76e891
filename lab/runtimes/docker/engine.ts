/**
 * The Docker engine: where it is (DOCKER_HOST, else the context in use, else the usual socket), whether it answers, and
 * what its errors mean. dockerode is loaded here and nowhere else, when the runtime is first used.
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type Docker from 'dockerode'
import { LabError, messageOf } from '../../errors.ts'

export interface Engine {
  readonly docker: Docker
  /** As the engine says it: `20.10.24`. */
  readonly version: string
  /** As Go says it: `amd64`, `arm64`. */
  readonly arch: string
  /** Where it was found, for messages. */
  readonly where: string
}

/** Engine 20.10; older ones lack what the lab relies on. */
const oldestApi = 1.41
/** Thirty runs at once keep an engine busy for seconds. */
export const answerMs = 10_000
const goingMs = 3000

let connected: Promise<Engine> | undefined

/** The engine, looked for once in the life of the runner. */
export function connectEngine(): Promise<Engine> {
  connected ??= connect()
  return connected
}

async function connect(): Promise<Engine> {
  const endpoint = findEndpoint(process.env)
  const { default: DockerClient } = await import('dockerode')
  const { where } = endpoint
  const docker = clientFor(() => new DockerClient(endpoint.options), where)
  const version = await versionOf(docker, where)
  if (version.Os === undefined)
    throw unavailable(`what answers at ${where} is no Docker engine`, 'start Docker, or set DOCKER_HOST')
  if (version.Os !== 'linux') {
    throw unavailable(`the engine at ${where} runs ${version.Os} containers`, 'switch it to Linux containers')
  }
  if (Number(version.ApiVersion) < oldestApi) {
    throw unavailable(
      `the engine at ${where} is ${version.Version} (API ${version.ApiVersion}), and the lab needs 20.10 (API ${oldestApi})`,
      'update Docker',
    )
  }
  return { docker, version: version.Version, arch: version.Arch, where }
}

/** dockerode reads DOCKER_HOST and DOCKER_CERT_PATH itself, and throws for what it cannot use. */
function clientFor(create: () => Docker, where: string): Docker {
  try {
    return create()
  } catch (cause) {
    throw unavailable(
      `${where} cannot be used (${messageOf(cause)})`,
      `${addressForms}, and see that DOCKER_CERT_PATH exists`,
      cause,
    )
  }
}
const addressForms = 'write it as unix:///path, tcp://HOST:PORT or ssh://USER@HOST'

interface Endpoint {
  /** Absent: dockerode reads DOCKER_HOST and its companions itself. */
  readonly options?: Docker.DockerOptions
  readonly where: string
}

function findEndpoint(env: NodeJS.ProcessEnv): Endpoint {
  if (env.DOCKER_HOST) {
    checkAddress(env.DOCKER_HOST, `DOCKER_HOST=${env.DOCKER_HOST}`)
    return { where: `DOCKER_HOST=${env.DOCKER_HOST}` }
  }
  const folder = env.DOCKER_CONFIG ?? join(homedir(), '.docker')
  const name = env.DOCKER_CONTEXT || currentContext(folder)
  if (name === undefined || name === 'default') return { where: '/var/run/docker.sock' }
  return contextEndpoint(folder, name)
}

/** Whatever has none of these forms would be looked up as a name. `HOST:PORT` alone is one of dockerode's and of Docker's own. */
function checkAddress(host: string, where: string): void {
  if (/^((unix|npipe):\/\/|(tcp|https?|ssh):\/\/[^/]|[^/:]+:\d+$)/.test(host)) return
  throw unavailable(`${where} is no address`, host.startsWith('/') ? `write it as unix://${host}` : addressForms)
}

function currentContext(folder: string): string | undefined {
  try {
    const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as { currentContext?: unknown }
    return typeof config.currentContext === 'string' && config.currentContext !== '' ? config.currentContext : undefined
  } catch {
    return undefined // none: the usual case
  }
}

/** A context is kept under the SHA-256 of its name. */
function contextEndpoint(folder: string, name: string): Endpoint {
  const id = createHash('sha256').update(name).digest('hex')
  const file = join(folder, 'contexts', 'meta', id, 'meta.json')
  let host: unknown
  try {
    const meta = JSON.parse(readFileSync(file, 'utf8')) as { Endpoints?: { docker?: { Host?: unknown } } }
    host = meta.Endpoints?.docker?.Host
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT')
      throw unavailable(`there is no Docker context ${name}`, `choose ${contextNames(folder).join(' or ')}: ${choosing}`)
    throw unavailable(`the Docker context ${name} cannot be read (${messageOf(cause)})`, `choose another one: ${choosing}`)
  }
  const where = `context ${name}, ${String(host)}`
  if (typeof host !== 'string') throw unavailable(`the Docker context ${name} names no host`, `choose another one: ${choosing}`)
  if (host.startsWith('unix://')) return { where, options: { socketPath: host.slice('unix://'.length) } }
  if (host.startsWith('npipe://')) return { where, options: { socketPath: host.slice('npipe://'.length) } }
  checkAddress(host, where)
  if (!URL.canParse(host)) throw unavailable(`${where} is no address`, addressForms)
  const url = new URL(host)
  const tls = join(folder, 'contexts', 'tls', id, 'docker')
  const read = (file: string) => (existsSync(join(tls, file)) ? readFileSync(join(tls, file)) : undefined)
  const [ca, cert, key] = [read('ca.pem'), read('cert.pem'), read('key.pem')]
  const protocol = url.protocol === 'ssh:' ? 'ssh' : cert ? 'https' : 'http'
  return {
    where,
    options: {
      protocol,
      host: url.hostname,
      ...(url.port !== '' && { port: url.port }),
      ...(url.username !== '' && { username: url.username }),
      ...(protocol === 'ssh' && process.env.SSH_AUTH_SOCK && { sshOptions: { agent: process.env.SSH_AUTH_SOCK } }),
      ...(ca && { ca }),
      ...(cert && { cert }),
      ...(key && { key }),
    },
  }
}

const choosing = '`docker context use NAME`, or DOCKER_CONTEXT=NAME'

/** `default` needs no file. */
function contextNames(folder: string): readonly string[] {
  const meta = join(folder, 'contexts', 'meta')
  const ids = existsSync(meta) ? readdirSync(meta) : []
  const names = ids.flatMap((id) => {
    try {
      const { Name } = JSON.parse(readFileSync(join(meta, id, 'meta.json'), 'utf8')) as { Name?: unknown }
      return typeof Name === 'string' ? [Name] : []
    } catch {
      return [] // nobody can use it
    }
  })
  return ['default', ...names.sort()]
}

/** What the engine says of itself; one that is silent is let go, so that its connection keeps nobody waiting. */
async function versionOf(docker: Docker, where: string): Promise<Docker.DockerVersion> {
  const late = AbortSignal.timeout(answerMs)
  try {
    return await askVersion(docker, late)
  } catch (error) {
    if (!late.aborted) throw isUnreachable(error) ? noEngine(error, where) : engineError(error, where)
    throw silent(where, error)
  }
}

/** Whether it answers at all, if only slowly. */
export const stillAnswers = ({ docker }: Engine): Promise<boolean> =>
  askVersion(docker, AbortSignal.timeout(answerMs)).then(
    () => true,
    () => false,
  )

/** Whether it stops to answer within a moment: one that shuts down kills its containers first, and answers meanwhile. */
export async function isGoingAway(engine: Engine): Promise<boolean> {
  for (const deadlineMs = performance.now() + goingMs; performance.now() < deadlineMs; await wait(100))
    if (!(await stillAnswers(engine))) return true
  return false
}

function askVersion(docker: Docker, abortSignal: AbortSignal): Promise<Docker.DockerVersion> {
  const ask = docker.version as (options: { readonly abortSignal: AbortSignal }) => Promise<Docker.DockerVersion> // its type lacks this
  return ask.call(docker, { abortSignal })
}

export const unavailable = (reason: string, remedy: string, cause?: unknown): LabError =>
  new LabError('RUNTIME_UNAVAILABLE', `The docker runtime does not work here: ${reason}.`, { remedy, cause })

export const silent = (where: string, cause?: unknown): LabError =>
  unavailable(`the engine at ${where} does not answer within ${answerMs / 1000} s`, 'start Docker again', cause)

export const wentAway = (where: string, cause?: unknown): LabError =>
  unavailable(`the Docker engine went away (${where})`, 'start Docker again, and run it again', cause)

/** The HTTP status of an engine's answer, where an error is one. */
export const statusOf = (error: unknown): number | undefined =>
  typeof error === 'object' && error !== null && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined

/** The engine's own words, without what dockerode puts around them. */
export function engineWords(error: unknown): string {
  const json = typeof error === 'object' && error !== null && 'json' in error ? error.json : undefined
  const message = typeof json === 'object' && json !== null && 'message' in json ? json.message : undefined
  const text = typeof message === 'string' ? message : messageOf(error).replace(/^\(HTTP code \d+\) [^-]+- /, '')
  return text.trim().split('\n')[0] ?? ''
}

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
const unreachable: ReadonlySet<unknown> = new Set('ENOENT ECONNREFUSED ENOTFOUND EAI_AGAIN EHOSTUNREACH ETIMEDOUT'.split(' '))
const isUnreachable = (error: unknown): boolean => unreachable.has(codeOf(error))

const noEngine = (error: unknown, where: string): LabError =>
  unavailable(
    `no Docker engine answers (${where}, ${String(codeOf(error))})`,
    'start Docker, or set DOCKER_HOST; without Docker: --runtime netns or loopback',
    error,
  )

/** What an error of an engine that has answered before, or of the way to it, means to the user. */
export function engineError(error: unknown, where: string): LabError {
  if (error instanceof LabError) return error
  const code = codeOf(error)
  if (code === 'EACCES' || code === 'EPERM') {
    return unavailable(
      `no permission on the Docker socket (${where})`,
      'join the group that owns it (`sudo usermod -aG docker $USER`, then log in again), or use rootless Docker',
      error,
    )
  }
  if (isUnreachable(error) || code === 'ECONNRESET' || code === 'EPIPE') return wentAway(where, error)
  const words = engineWords(error)
  if (/no space left on device|wrote only \d+ of \d+ bytes/i.test(words))
    // as the engine says it, and as tar does
    return unavailable(
      `the engine's disk is full (${words})`,
      '`docker system df` shows by what; `docker system prune` frees space',
      error,
    )
  if (/is already in use by container/i.test(words))
    return unavailable(words.replace(/\.$/, ''), 'run it again, or `failover-lab clean`', error)
  return unavailable(`the engine says: ${words.replace(/\.$/, '')}`, 'run `failover-lab doctor`', error)
}
