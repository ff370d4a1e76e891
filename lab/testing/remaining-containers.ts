/** What a runner has on the Docker engine. Tests share one engine with each other and with whoever else uses it, so they ask for their own. */
import type Docker from 'dockerode'
import { connectEngine } from '../runtimes/docker/engine.ts'
import { parseRunner, runLabel, runnerLabel } from '../runtimes/docker/labels.ts'

/** The containers, in whatever state, of the runners with these process ids. */
export async function containersOf(...pids: readonly number[]): Promise<Docker.ContainerInfo[]> {
  const { docker } = await connectEngine()
  const listed = await docker.listContainers({ all: true, filters: { label: [runLabel] } })
  return listed.filter(({ Labels }) => isOf(pids, Labels))
}

/** Names of their containers and volumes; empty when nothing remains. */
export async function remainingOf(...pids: readonly number[]): Promise<string[]> {
  const { docker } = await connectEngine()
  const containers = await containersOf(...pids)
  const { Volumes } = await docker.listVolumes({ filters: { label: [runLabel] } })
  return [
    ...containers.map(({ Names, State }) => `${Names[0]} ${State}`),
    ...(Volumes ?? []).filter(({ Labels }) => isOf(pids, Labels)).map(({ Name }) => `volume ${Name}`),
  ]
}

const isOf = (pids: readonly number[], labels: Readonly<Record<string, string>>): boolean =>
  pids.includes(parseRunner(labels[runnerLabel])?.pid ?? -1)
