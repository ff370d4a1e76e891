/** Images pulled for real, from a registry on the loopback of the engine's own network (tools/docker-engine.sh), as root. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { lab } from '../../testing/command.ts'
import { findProgram } from '../programs.ts'
import { archiveOf } from './archive.ts'
import { docker as runtime } from './docker.ts'
import { connectEngine } from './engine.ts'
import { images } from './images.ts'
import { ensureImage, hasImage } from './pull.ts'
import { engineEnv, whyNoEngine } from './testing.ts'

const pidFile = join(dirname(process.env.DOCKER_HOST?.replace('unix://', '') ?? ''), 'pid')
const skip =
  (await whyNoEngine()) ||
  (!findProgram('docker-registry') && 'there is no docker-registry') ||
  (!existsSync(pidFile) && "the engine's network cannot be entered")

const folder = mkdtempSync(join(tmpdir(), 'failover-lab-'))
const port = 20_000 + (process.pid % 10_000)
const repository = `localhost:${port}/curl`
let registry: ChildProcess | undefined
let digest: `sha256:${string}` = 'sha256:'

before(async () => {
  if (skip) return
  writeFileSync(
    join(folder, 'config.yml'),
    `version: 0.1\nstorage: { filesystem: { rootdirectory: ${folder}/images } }\nhttp: { addr: "127.0.0.1:${port}" }\n`,
  )
  const inside = [
    '--net',
    '--target',
    readFileSync(pidFile, 'utf8').trim(),
    '--',
    'docker-registry',
    'serve',
    join(folder, 'config.yml'),
  ]
  registry = spawn('nsenter', inside, { stdio: ['ignore', 'ignore', 'pipe'] })
  if (!registry.stderr) return
  for await (const line of createInterface(registry.stderr)) if (line.includes('listening on')) break
  registry.stderr.resume()
  digest = await push()
})

after(async () => {
  if (!skip) await forget()
  if (registry?.exitCode === null) {
    registry.kill()
    await once(registry, 'close')
  }
  rmSync(folder, { recursive: true })
})

test('a missing image is pulled with a line that shows its progress', { skip }, async () => {
  await forget()
  const told: string[] = []
  const opened = await runtime.open(AbortSignal.timeout(60_000), (what) => told.push(what))
  try {
    const { code, stderr } = await opened.start({ id: 'probe', argv: ['curl', '--version'], env: {}, image: `${repository}:8` })
      .exited
    assert.equal(code, 0, stderr)
  } finally {
    await opened.stop()
  }
  assert.equal(told[0], `pulling ${repository}:8`)
  assert.ok(
    told.some((line) => /^pulling \S+ \[#+-*\] \d+ of 6 MB$/.test(line)),
    told.join('\n'),
  )
})

for (const by of ['tag', 'digest'] as const) {
  test(`a client's image is pulled by ${by}, and the client is named after it`, { skip }, async () => {
    await forget()
    const image = by === 'tag' ? `${repository}:8` : `${repository}@${digest}`
    const { code, stdout, stderr } = await lab(['run', 'all-down', '--client-image', image], { env: engineEnv })
    assert.equal(code, 0, stdout + stderr)
    assert.match(stdout, by === 'tag' ? /^curl-8 = curl/m : new RegExp(`^curl-${digest.slice(7, 19)} = curl`, 'm'))
  })
}

test('a pinned image is pulled by its digest, gets its tag, and is then there', { skip }, async () => {
  await forget()
  const engine = await connectEngine()
  const pin = { image: `${repository}:pinned`, digest }
  const told: string[] = []
  await ensureImage(engine, pin, (what) => told.push(what)) // nobody ever pushed that tag
  assert.ok(await hasImage(engine.docker, pin.image))
  assert.ok(told.length > 0)
  told.length = 0
  await ensureImage(engine, pin, (what) => told.push(what))
  assert.deepEqual(told, [])
})

test('a pin that the registry does not have is an error that names the image', { skip }, async () => {
  const wrong = { image: `${repository}:other`, digest: `sha256:${'0'.repeat(64)}` } as const
  await assert.rejects(ensureImage(await connectEngine(), wrong), {
    code: 'RUNTIME_UNAVAILABLE',
    message: /curl:other is not on the engine/,
  })
})

/** The image of curl with a layer of its own, so that there is something to pull; gives its digest. */
async function push(): Promise<`sha256:${string}`> {
  const { docker } = await connectEngine()
  assert.ok(await hasImage(docker, images.curl), `the engine has no ${images.curl}`)
  const container = await docker.createContainer({ Image: images.curl, Cmd: ['true'] })
  await container.putArchive(archiveOf([{ name: 'padding', content: randomBytes(6_000_000) }]), { path: '/' })
  await container.commit({ repo: repository, tag: '8' })
  await container.remove()
  const stream = await docker.getImage(`${repository}:8`).push({ authconfig: {} })
  const events = await new Promise<readonly { aux?: { Digest?: string } }[]>((resolve, reject) => {
    docker.modem.followProgress(stream, (error, output) => (error ? reject(error) : resolve(output)))
  })
  const pushed = events.find(({ aux }) => aux?.Digest)?.aux?.Digest
  assert.match(pushed ?? '', /^sha256:/)
  return pushed as `sha256:${string}`
}

/** The engine loses it under every name. */
async function forget(): Promise<void> {
  const { docker } = await connectEngine()
  const listed = await docker.listImages({ filters: { reference: [repository] } })
  for (const { Id } of listed) await docker.getImage(Id).remove({ force: true })
}
