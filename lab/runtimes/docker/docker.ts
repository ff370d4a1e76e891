/**
 * The `docker` runtime: each unit is a container, and all share the network of one that has none but `lo`: the same
 * addresses, port and DNS as in `netns`, wherever a Docker engine runs. Nothing is mounted from this machine, so the
 * engine may be another one. Containers end with their input, and so with this runner; the engine removes them.
 */
import { LabError } from '../../errors.ts'
import { untilAborted } from '../../until-aborted.ts'
import { startCapture } from '../capture.ts'
import { parseListenRows } from '../listen-table.ts'
import { injectByNft } from '../nft.ts'
import type { Capability, Lab, Probe, Runtime, UnitSpec } from '../runtime.ts'
import { injectUnreachable } from '../unreachable.ts'
import type { ContainerPlan } from './container.ts'
import { connectEngine, type Engine, engineError } from './engine.ts'
import { buildGoIn } from './go-build.ts'
import { images } from './images.ts'
import { carried, inContainer, observedAt } from './lab-files.ts'
import { labelsOf, newRunId } from './labels.ts'
import { sweep } from './leftovers.ts'
import { untilUndone } from './let-go.ts'
import { type LabNetwork, openNetwork } from './network.ts'
import { probeInDocker } from './probes.ts'
import { ensureImage } from './pull.ts'
import { startUnitContainer, type UnitContainer } from './unit.ts'

const unitUser = '1000:1000'
const unitLimits = { memoryMb: 512, pids: 256 }
/** Of an engine's usual 1024. It needs little time but at once: a client that waits for a processor sees its own timers end first. */
const clientCpuShares = 32_768
/** Of the containers, whatever it is on this machine. */
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export const docker: Runtime = {
  kind: 'docker',
  runsPerCore: 2, // a container takes more of a processor than what runs in it
  check: async () => (await connectEngine()).where,
  async open(signal, tell = () => {}): Promise<Lab> {
    const engine = await connectEngine()
    const id = newRunId()
    const opening = openOn(engine, id, signal, tell).catch((error: unknown) => {
      throw engineError(error, engine.where)
    })
    return untilUndone(engine, opening, signal, { undo: (lab) => lab.stop(), left: () => leftBehind(id, engine) })
  },
}

async function openOn(engine: Engine, id: string, signal: AbortSignal, tell: (what: string) => void): Promise<Lab> {
  swept ??= sweep(engine)
  swept.catch(() => {}) // awaited below
  await untilAborted(ensureImage(engine, images.node, tell), signal)
  const names = { id, prefix: `failover-lab-${id}`, labels: labelsOf(id) }
  const network = await openNetwork(engine, names, signal)
  await swept.catch((error: unknown) => network.remove().then(() => Promise.reject(error)))
  return openDockerLab(engine, network, names, tell)
}

/** What dead runs left is removed once in the life of the runner, beside its first start. */
let swept: Promise<unknown> | undefined

function openDockerLab(
  engine: Engine,
  network: LabNetwork,
  { id, prefix, labels }: { id: string; prefix: string; labels: Record<string, string> },
  tell: (what: string) => void,
): Lab {
  const units: UnitContainer[] = []
  const stopping = new AbortController()
  const probed = new Map<Capability, Promise<Probe>>()
  let faults = 0
  const probe = (capability: Capability) => {
    const known = probed.get(capability) ?? probeInDocker(capability, engine, network, tell)
    probed.set(capability, known)
    return known
  }
  const planOf = async (spec: UnitSpec, number: number): Promise<ContainerPlan> => {
    const { image, carries = [] } = spec
    if (image !== undefined) await untilAborted(ensureImage(engine, image, tell), stopping.signal)
    for (const file of carries) await network.container.putArchive(await carried(file, carries), { path: '/' })
    const needsNode = image !== undefined && spec.argv[0] === process.execPath
    const { PATH: _, ...env } = spec.env // this machine's
    return {
      name: `${prefix}-${spec.id.replaceAll(/[^A-Za-z0-9.]+/g, '-')}-${number}`,
      image: image ?? images.node,
      argv: [...(needsNode ? await network.bringNode() : []), ...inContainer(spec.argv, carries).slice(needsNode ? 1 : 0)],
      env: image === undefined ? { ...env, PATH: path } : env, // an image knows its own
      user: unitUser,
      labels,
      ...unitLimits,
      host: {
        ...(spec.id === 'client' && { CpuShares: clientCpuShares }),
        NetworkMode: `container:${network.container.id}`,
        VolumesFrom: [`${network.container.id}:ro`],
      },
    }
  }
  return {
    runtime: 'docker',
    dnsServer: { address: '127.0.0.1', port: 53 },
    target: {
      goarch: engine.arch,
      goImage: images.go,
      buildGo: (sources, cgo, signal) =>
        untilUndone(engine, buildGoIn(engine, labels, sources, cgo, signal, tell), signal, {
          undo: async () => {},
          left: () => leftBehind(id, engine),
        }),
    },
    probe,
    async observe() {
      const capture = await probe('capture')
      // Read by a unit, another user in another container, through the volume.
      return startCapture(capture, capture.can ? await network.tools() : network.shell, observedAt)
    },
    async configure({ resolvConf }) {
      const { code, output } = await network.shell.run(`printf %s '${resolvConf.replaceAll("'", '')}' > /etc/resolv.conf`)
      if (code !== 0) throw new LabError('RUNTIME_UNAVAILABLE', `Cannot write the containers' resolv.conf: ${output}`)
    },
    start(spec) {
      const unit = startUnitContainer(spec, engine, planOf(spec, units.length + 1))
      units.push(unit)
      return unit
    },
    async inject(fault) {
      faults += 1
      const shell = await network.tools()
      return fault.kind === 'unreachable'
        ? injectUnreachable(fault, faults, shell)
        : injectByNft({ ...fault, kind: fault.kind }, faults, shell)
    },
    async listening() {
      const { code, output } = await network.shell.run(`cat /proc/net/tcp; cat /proc/net/tcp6 2>/dev/null; true`)
      if (code !== 0) throw new LabError('UNIT_FAILED', `The container that holds the lab's network has gone: ${output.trim()}`)
      return parseListenRows(output)
    },
    lost: network.lost,
    async stop() {
      stopping.abort()
      // Each holds the network and the volume by itself.
      const ends = await Promise.allSettled([...units.map((unit) => unit.stop(0)), network.remove()])
      for (const end of ends) if (end.status === 'rejected') throw leftBehind(id, engine, end.reason)
    },
  }
}

const leftBehind = (id: string, { where }: Engine, cause?: unknown): LabError =>
  new LabError(
    'LEFT_BEHIND',
    `The Docker engine does not answer (${where}), and what it has of run ${id} remains until it does.`,
    { remedy: 'then `failover-lab clean` removes what does not end by itself', cause },
  )
