/**
 * What dead runs have left on the engine. Nearly nothing: a unit ends when its input closes, and the engine closes that
 * and removes the container. A paused container cannot end, and one that was never started has no input.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type Docker from 'dockerode'
import { type Engine, statusOf } from './engine.ts'
import { isRunnerAlive, parseRunner, runLabel, runnerLabel } from './labels.ts'

export interface Swept {
  readonly containers: number
  readonly volumes: number
  /** Runs that may still be alive: this runner's own, and those of other machines or containers. */
  readonly left: number
}

/** Removes what runs left whose runner is dead; with `all`, also what may belong to a living one. */
export async function sweep({ docker }: Engine, { all = false } = {}): Promise<Swept> {
  const listed = await docker.listContainers({ all: true, filters: { label: [runLabel] } })
  const running = new Set(listed.map(({ Id }) => Id))
  const isDead = deadByLabels(docker, running)
  const dead: Docker.ContainerInfo[] = []
  const left = new Set<string>()
  for (const container of listed) {
    if (all || (await isDead(container.Labels))) dead.push(container)
    else left.add(container.Labels[runLabel] ?? '')
  }
  // Those that hold another's network go last.
  const holders = dead.filter(({ HostConfig }) => !HostConfig?.NetworkMode?.startsWith('container:'))
  for (const group of [dead.filter((container) => !holders.includes(container)), holders])
    await Promise.all(group.map(({ Id }) => removeAtLast(docker.getContainer(Id))))
  const { Volumes } = await docker.listVolumes({ filters: { label: [runLabel], dangling: ['true'] } })
  let volumes = 0
  for (const volume of Volumes ?? []) {
    if (!all && !(await isDead(volume.Labels))) continue
    volumes += 1
    await docker.getVolume(volume.Name).remove().catch(ignoreGone)
  }
  return { containers: dead.length, volumes, left: left.size }
}

/** Kills and removes it with its anonymous volumes; one that is gone, or is just going (409), is as good. Its status, if an error. */
export async function removeContainer(container: Docker.Container): Promise<number | undefined> {
  return container.remove({ force: true, v: true }).then(() => undefined, ignoreGone)
}

const removals = 20
const betweenRemovalsMs = 250

/** An engine that was killed may fail at a removal it has begun; the container is dead then, and has to be removed again. */
async function removeAtLast(container: Docker.Container): Promise<void> {
  for (let tries = 1; (await removeContainer(container)) === 409 && tries < removals; tries++) await wait(betweenRemovalsMs)
}

function ignoreGone(error: unknown): number {
  const status = statusOf(error)
  if (status !== 404 && status !== 409) throw error
  return status
}

/** A runner in a container is dead when the engine has no such container running. */
function deadByLabels(docker: Docker, ours: ReadonlySet<string>) {
  const known = new Map<string, boolean>()
  return async (labels: Readonly<Record<string, string>>): Promise<boolean> => {
    const text = labels[runnerLabel] ?? ''
    const before = known.get(text)
    if (before !== undefined) return before
    const runner = parseRunner(text)
    const alive = runner && (isRunnerAlive(runner) ?? (await isContainerAlive(docker, runner.host, ours)))
    known.set(text, alive === false)
    return alive === false
  }
}

async function isContainerAlive(docker: Docker, host: string, ours: ReadonlySet<string>): Promise<boolean | undefined> {
  if (!/^[0-9a-f]{12}$/.test(host) || [...ours].some((id) => id.startsWith(host))) return undefined
  try {
    return (await docker.getContainer(host).inspect()).State.Running
  } catch (error) {
    return statusOf(error) === 404 ? false : undefined
  }
}
