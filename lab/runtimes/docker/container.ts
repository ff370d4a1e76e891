/** One container of a lab: made, attached, started, waited for, removed. */
import type Docker from 'dockerode'
import { attach, type Streams } from './attach.ts'
import { type Engine, engineError, engineWords, statusOf } from './engine.ts'
import { removeContainer } from './leftovers.ts'

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
  /** Absent: the engine has gone, and nobody knows. */
  readonly code?: number
  readonly reason: string
}

export interface RunningContainer {
  readonly container: Docker.Container
  readonly streams: Streams
  /** Settles when the engine has removed it. */
  readonly gone: Promise<ContainerEnd>
  remove(): Promise<void>
}

const removeDeadlineMs = 15_000

/** The engine removes each container as soon as it has ended, also when this runner is dead by then. */
export async function startContainer(engine: Engine, plan: ContainerPlan): Promise<RunningContainer> {
  const container = await create(engine, plan)
  let streams: Streams | undefined
  try {
    await plan.prepare?.(container)
    streams = await attach(container)
    const gone = untilGone(container, engine)
    await container.start()
    return { container, streams, gone, remove: () => removeWithin(container, gone) }
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

async function untilGone(container: Docker.Container, engine: Engine): Promise<ContainerEnd> {
  try {
    const { StatusCode } = (await container.wait({ condition: 'removed' })) as { StatusCode: number }
    return { code: StatusCode, reason: '' }
  } catch (error) {
    if (statusOf(error) === 404) return { reason: 'its container was removed' }
    return { reason: statusOf(error) === undefined ? engineError(error, engine.where).message : engineWords(error) }
  }
}

async function removeWithin(container: Docker.Container, gone: Promise<ContainerEnd>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, removeDeadlineMs) // the engine hangs; the next start removes it
  })
  const removed = removeContainer(container)
    .catch(() => {}) // the engine has gone, and `gone` settles with it
    .then(() => gone)
    .then(() => {})
  await Promise.race([removed, late]).finally(() => clearTimeout(timer))
}
