/** Builds the Go client in a container: where this machine has no Go, and with cgo, whose C library must be the units'. */
import { LabError } from '../../errors.ts'
import { archiveOf, firstFileOf } from './archive.ts'
import { startContainer } from './container.ts'
import { type Engine, engineError, engineWords } from './engine.ts'
import { images } from './images.ts'
import { newRunId } from './labels.ts'
import { ensureImage } from './pull.ts'

/** The program; it needs no network, since the client uses Go's own library alone. */
export async function buildGoIn(
  engine: Engine,
  labels: Readonly<Record<string, string>>,
  sources: ReadonlyMap<string, Buffer>,
  cgo: boolean,
  signal: AbortSignal,
  tell: (what: string) => void,
): Promise<Buffer> {
  await ensureImage(engine, images.go, tell)
  const archive = archiveOf([...sources].map(([name, content]) => ({ name: `source/${name}`, content })))
  const building = await startContainer(engine, {
    name: `failover-lab-${newRunId()}-go-build`,
    image: images.go,
    argv: ['sh', '-c', `cd /source && go build -trimpath -buildvcs=false -o /client . && echo built && cat >/dev/null`],
    env: {
      CGO_ENABLED: cgo ? '1' : '0',
      GOCACHE: '/tmp/go-cache',
      GOTOOLCHAIN: 'local',
      GOWORK: 'off',
      GOFLAGS: '-mod=mod',
      HOME: '/tmp',
    },
    user: '0:0',
    labels,
    memoryMb: 2048,
    pids: 512,
    host: { NetworkMode: 'none' },
    prepare: async (container) => {
      await container.putArchive(archive, { path: '/' })
    },
  }).catch((error: unknown) => {
    throw engineError(error, engine.where)
  })
  const stop = () => void building.remove().catch(() => {}) // told below
  signal.addEventListener('abort', stop, { once: true })
  try {
    await untilBuilt(building.streams)
    const file = firstFileOf(await readAll(await building.container.getArchive({ path: '/client' })))
    if (!file) throw new LabError('BUILD_FAILED', 'The Go client built in a container is empty.')
    return file
  } catch (error) {
    signal.throwIfAborted()
    throw error instanceof LabError
      ? error
      : new LabError('BUILD_FAILED', `The Go client cannot be built: ${engineWords(error)}`, { cause: error })
  } finally {
    signal.removeEventListener('abort', stop)
    await building.remove()
    building.streams.close()
  }
}

/** Its program says `built`, or ends. */
function untilBuilt({ stdout, stderr }: { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream }): Promise<void> {
  let errors = ''
  stderr.on('data', (data: Buffer) => {
    errors = (errors + data.toString()).slice(-4096)
  })
  return new Promise((resolve, reject) => {
    stdout.on('data', (data: Buffer) => data.toString().includes('built') && resolve())
    stdout.on('end', () => {
      const words = errors.trim().split('\n').slice(0, 4).join(' | ')
      reject(
        new LabError('BUILD_FAILED', `The Go client cannot be built in ${images.go}: ${words}`, {
          remedy: 'install Go on this machine',
        }),
      )
    })
  })
}

async function readAll(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of stream) parts.push(Buffer.from(part))
  return Buffer.concat(parts)
}
