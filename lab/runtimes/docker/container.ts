/** One container of a lab: made, attached, started, waited for, removed. */
import { setTimeout as wait } from 'node:timers/promises'
import type Docker from 'dockerode'
import type { LabError } from '../../errors.ts'
import { attach, type Streams } from './attach.ts'
import { type Engine, engineError, silent, statusOf } from './engine.ts'
import { removeContainer } from './leftovers.ts'
import { settlesWith } from './let-go.ts'

export interface ContainerPlan {
  readonly name: string
  readonly image: string
  readonly argv: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** `0:0`, or an ordinary user. */
  readonly user: string
  readonly labels: Readonly<Record<string, string>>
  readonly capabilities?: readonly string[]
  readonly memoryMb: number
  readonly pids: number
  readonly hostname?: string
  readonly host: Docker.HostConfig
  /** Called once it is made and before it starts. */
  readonly prepare?: (container: Docker.Container) => Promise<void>
}

export interface ContainerEnd {
  /** Absent: nobody knows. */
  readonly code?: number
  /** The engine has gone, or its word is lost. */
  readonly fault?: LabError
}

export interface RunningContainer {
  readonly container: Docker.Container
  readonly streams: Streams
  /** Settles when the engine has removed it. */
  readonly gone: Promise<ContainerEnd>
  /** Rejects where the engine does not: it has gone, or it hangs. */
  remove(): Promise<void>
}

const askAgainMs = 500

/** The engine removes each container as soon as it has ended, also when this runner is dead by then. */
export async function startContainer(engine: Engine, plan: ContainerPlan): Promise<RunningContainer> {
  const container = await create(engine, plan)
  let streams: Streams | undefined
  try {
    await plan.prepare?.(container)
    streams = await attach(container)
    const over = new AbortController()
    const gone = Promise.race([untilRemoved(container, engine), untilLost(container, engine, streams.ended, over.signal)])
    void gone.then(() => over.abort())
    await container.start()
    return { container, streams, gone, remove: () => removeWithin(container, gone, engine) }
  } catch (error) {
    streams?.close()
    await removeContainer(container).catch(() => {}) // its own trouble is told
    throw error
  }
}

async function create({ docker }: Engine, plan: ContainerPlan): Promise<Docker.Container> {
  return docker.createContainer({
    name: plan.name,
    Image: plan.image,
    Entrypoint: [],
    Cmd: [...plan.argv],
    Env: Object.entries(plan.env ?? {}).map(([key, value]) => `${key}=${value}`),
    User: plan.user,
    WorkingDir: '/',
    Labels: { ...plan.labels },
    ...(plan.hostname !== undefined && { Hostname: plan.hostname }),
    StopSignal: 'SIGKILL', // it has nothing to save, and an engine that shuts down would wait for it
    OpenStdin: true,
    StdinOnce: true, // when this runner's connection ends, so does the input
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: {
      AutoRemove: true,
      CapDrop: ['ALL'],
      CapAdd: [...(plan.capabilities ?? [])],
      SecurityOpt: ['no-new-privileges'],
      Memory: plan.memoryMb * 2 ** 20,
      PidsLimit: plan.pids,
      LogConfig: { Type: 'none', Config: {} },
      ...plan.host,
    },
  })
}

async function untilRemoved(container: Docker.Container, engine: Engine): Promise<ContainerEnd> {
  try {
    const { StatusCode } = (await container.wait({ condition: 'removed' })) as { StatusCode: number }
    return { code: StatusCode }
  } catch (error) {
    return statusOf(error) === 404 ? {} : { fault: engineError(error, engine.where) }
  }
}

/**
 * An engine that dies does not end `wait`: its answer has begun. So once the streams have ended, it is asked now and then,
 * until the `signal`; by then these looks may be all that keeps this process alive.
 */
async function untilLost(
  container: Docker.Container,
  engine: Engine,
  streamsEnded: Promise<void>,
  signal: AbortSignal,
): Promise<ContainerEnd> {
  await streamsEnded
  for (;;) {
    await wait(askAgainMs, undefined, { signal })
    try {
      await container.inspect()
    } catch (error) {
      if (statusOf(error) === undefined) return { fault: engineError(error, engine.where) }
      if (statusOf(error) === 404) return wait(askAgainMs, {}, { signal }) // `wait` knows how it ended, unless it is lost
    }
  }
}

/** What an engine that has gone or that hangs still has is swept up by the next start, if it does not end by itself. */
async function removeWithin(container: Docker.Container, gone: Promise<ContainerEnd>, engine: Engine): Promise<void> {
  const removed = removeContainer(container)
    .catch(() => {}) // the engine has gone, and `gone` settles with it
    .then(() => gone)
    .then(({ fault }) => fault && removeContainer(container)) // it may be back
  if (!(await settlesWith(engine, removed))) throw silent(engine.where)
  await removed
}
