/** An engine of a test's own, to be filled up or restarted (tools/docker-engine.sh). As root, with dockerd. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { packageRoot } from '../../paths.ts'
import { findProgram } from '../programs.ts'
import { whyNoEngine } from './testing.ts'

const run = promisify(execFile)
const script = join(packageRoot, 'tools', 'docker-engine.sh')

/** Where the other tests have no engine either, none is started for these. */
export async function whyNoOwnEngine(): Promise<string | false> {
  const none = await whyNoEngine()
  if (none) return none
  return process.getuid?.() !== 0
    ? 'starting an engine takes root'
    : findProgram('dockerd')
      ? false
      : 'there is no dockerd to start'
}

export class OwnEngine implements AsyncDisposable {
  readonly folder: string
  readonly env: NodeJS.ProcessEnv

  private constructor(folder: string) {
    this.folder = folder
    this.env = { DOCKER_HOST: `unix://${folder}/docker.sock` }
  }

  /** With the image of Node alone; on a disk of that size, if one is given. */
  static async start({ diskMb }: { readonly diskMb?: number } = {}): Promise<OwnEngine> {
    const engine = new OwnEngine(mkdtempSync(join(tmpdir(), 'failover-lab-engine-')))
    try {
      if (diskMb !== undefined) {
        mkdirSync(engine.data)
        await run('mount', ['-t', 'tmpfs', '-o', `size=${diskMb}m`, 'engine', engine.data])
      }
      await run(script, ['start', engine.folder, 'node'])
      return engine
    } catch (error) {
      await engine[Symbol.asyncDispose]()
      throw error
    }
  }

  get data(): string {
    return join(this.folder, 'data')
  }

  async restart(signal: 'TERM' | 'KILL'): Promise<void> {
    await run(script, ['restart', this.folder, signal])
  }

  /** To dockerd alone; its containers are processes beside it. */
  signal(signal: NodeJS.Signals): void {
    process.kill(Number(readFileSync(join(this.folder, 'pid'), 'utf8')), signal)
  }

  /** Ids and names of all containers and volumes it has. */
  async everything(): Promise<string> {
    const containers = await run('docker', ['ps', '-aq'], { env: { ...process.env, ...this.env } })
    const volumes = await run('docker', ['volume', 'ls', '-q'], { env: { ...process.env, ...this.env } })
    return containers.stdout + volumes.stdout
  }

  async states(): Promise<string> {
    const { stdout } = await run('docker', ['ps', '-a', '--format', '{{.Names}} {{.Status}}'], {
      env: { ...process.env, ...this.env },
    })
    return stdout
  }

  async running(): Promise<number> {
    const { stdout } = await run('docker', ['ps', '-q'], { env: { ...process.env, ...this.env } })
    return stdout.trim().split('\n').filter(Boolean).length
  }

  /** Settles when a container has started. */
  async nextStart(): Promise<void> {
    const env = { ...process.env, ...this.env }
    const events = spawn('docker', ['events', '--filter', 'event=start'], { env, stdio: ['ignore', 'pipe', 'ignore'] })
    await once(events.stdout, 'data')
    events.kill()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run(script, ['stop', this.folder])
    rmSync(this.folder, { recursive: true, force: true })
  }
}
