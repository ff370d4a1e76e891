/**
 * The container that holds a lab's network: no interface but `lo`, so that no packet can leave. All others join it, and
 * share its resolv.conf and host name. Its program is a shell that waits for commands and ends when its input closes.
 * Beside it, once a fault needs one, a second such shell with nft, ip and the right to use them on this network alone.
 */
import type Docker from 'dockerode'
import { LabError } from '../../errors.ts'
import { openShell, type Shell, type ShellProcess } from '../netns-shell.ts'
import { type RunningContainer, startContainer } from './container.ts'
import { type Engine, engineWords } from './engine.ts'
import { images } from './images.ts'
import { filesOfLab, labFolder } from './lab-files.ts'
import { killedFromOutside, type Losses, watchLosses } from './losses.ts'

export interface LabNetwork {
  readonly container: Docker.Container
  readonly shell: Shell
  /** Puts Node, and the libraries it loads, where a container of any image finds them; the words that start it there. */
  bringNode(): Promise<readonly string[]>
  /** A shell that may change the network; starts it when first asked for. */
  tools(): Promise<Shell>
  /** Of the two containers; as of a lab. */
  readonly lost: Losses['first']
  remove(): Promise<void>
}

export interface NetworkNames {
  /** What the names of its containers begin with. */
  readonly prefix: string
  readonly labels: Readonly<Record<string, string>>
}

const port53 = { 'net.ipv4.ip_unprivileged_port_start': '0' }
const ipv6 = { 'net.ipv6.conf.all.disable_ipv6': '0' } // the engine switches it off where there is no network

export async function openNetwork(engine: Engine, { prefix, labels }: NetworkNames, signal: AbortSignal): Promise<LabNetwork> {
  const plan = {
    name: `${prefix}-network`,
    image: images.node,
    user: '0:0', // owns resolv.conf; has no capability
    labels,
    memoryMb: 64,
    pids: 32,
  }
  const files = await filesOfLab()
  const holder = {
    ...plan,
    // The lab's files come first on its input. The engine could put them there itself, but takes longer for it than all the rest.
    argv: ['sh', '-c', `head -c ${files.length} | tar -x -o -C / && exec sh -s`],
    hostname: 'lab', // resolvers add the domain of a host name that has dots
  }
  const host = {
    NetworkMode: 'none',
    Dns: ['127.0.0.1'],
    Mounts: [
      {
        Type: 'volume',
        Target: labFolder,
        Source: '',
        VolumeOptions: { NoCopy: true, Labels: { ...labels }, DriverConfig: { Name: 'local', Options: {} } },
      },
    ],
  } satisfies Docker.HostConfig
  const network = await startContainer(engine, { ...holder, host: { ...host, Sysctls: { ...port53, ...ipv6 } } }).catch(
    (error: unknown) => {
      if (!engineWords(error).includes('disable_ipv6')) throw error
      return startContainer(engine, { ...holder, host: { ...host, Sysctls: port53 } }) // a kernel without IPv6; `ipv6` will be found missing
    },
  )
  const held: RunningContainer[] = [network]
  const losses = watchLosses(engine)
  losses.watch(network, plan.name, 'holds its network')
  const remove = async () => {
    losses.expectEnd()
    await Promise.all(held.map((one) => one.remove().finally(() => one.streams.close())))
  }
  try {
    network.streams.stdin.write(files)
    const shell = await openShell(shellOf(network, plan.name), ready, signal)
    let tools: Promise<Shell> | undefined
    const openTools = async (): Promise<Shell> => {
      const name = `${prefix}-tools`
      const container = await startContainer(engine, {
        ...plan,
        argv: ['sh', '-s'],
        name,
        image: images.tools,
        capabilities: ['NET_ADMIN', 'NET_RAW', 'SETGID', 'SETUID'], // nft and ip; tcpdump, which sets its user
        host: { NetworkMode: `container:${network.container.id}`, VolumesFrom: [network.container.id] },
      })
      held.push(container)
      losses.watch(container, name, 'captures packets and changes the network')
      return openShell(shellOf(container, name), ready, signal)
    }
    let node: Promise<readonly string[]> | undefined
    return {
      container: network.container,
      shell,
      bringNode: () => {
        node ??= copyNode(shell)
        return node
      },
      tools: () => {
        tools ??= openTools()
        return tools
      },
      lost: losses.first,
      async remove() {
        losses.expectEnd()
        await tools?.catch(() => {})
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}

const ready = 'pid=$$'

/** The dynamic loader names its libraries itself, and can be told another folder for them: this works under another libc, too. */
async function copyNode(shell: Shell): Promise<readonly string[]> {
  const folder = `${labFolder}/node`
  const { code, output } = await shell.run(`
    node=$(command -v node) && mkdir -p ${folder} && cp -L "$node" ${folder}/node &&
    for library in $(LD_TRACE_LOADED_OBJECTS=1 "$node" | grep -o '/[^ )]*'); do cp -L "$library" ${folder}/; done &&
    cp ${folder}/ld-linux* ${folder}/loader`)
  if (code !== 0) throw new LabError('UNIT_FAILED', `Node cannot be brought into the client's container: ${output}`)
  return [`${folder}/loader`, '--library-path', folder, `${folder}/node`]
}

const shellOf = ({ streams, gone, container }: RunningContainer, name: string): ShellProcess => ({
  stdin: streams.stdin,
  stdout: streams.stdout,
  stderr: streams.stderr,
  ended: gone.then(({ fault, code }) => fault?.message ?? (code === 137 ? `its container ${name} ${killedFromOutside}` : '')),
  kill: () => void container.kill().catch(() => {}), // it has ended
})
