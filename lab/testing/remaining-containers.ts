/** What is on the Docker engine with a label of the lab's. */
import { connectEngine } from '../runtimes/docker/engine.ts'
import { runLabel } from '../runtimes/docker/labels.ts'

/** Names of containers and volumes; empty when nothing remains. */
export async function remainingOnEngine(): Promise<string[]> {
  const { docker } = await connectEngine()
  const filters = { label: [runLabel] }
  const [containers, { Volumes }] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listVolumes({ filters }),
  ])
  return [...containers.map(({ Names, State }) => `${Names[0]} ${State}`), ...(Volumes ?? []).map(({ Name }) => `volume ${Name}`)]
}
