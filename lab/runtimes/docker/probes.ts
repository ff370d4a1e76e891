/** What a lab of containers can do: of itself, and with the image that has nft and ip. */
import { LabError } from '../../errors.ts'
import { serverMechanisms } from '../../faults/network.ts'
import { probeCapture } from '../capture.ts'
import type { Shell } from '../netns-shell.ts'
import { probeNft, probePolicyRule } from '../probes.ts'
import type { Capability, Probe } from '../runtime.ts'
import type { Engine } from './engine.ts'
import { images } from './images.ts'
import type { LabNetwork } from './network.ts'
import { ensureImage, hasImage } from './pull.ts'

export async function probeInDocker(
  capability: Capability,
  engine: Engine,
  network: LabNetwork,
  tell: (what: string) => void,
): Promise<Probe> {
  const withTools = (probe: (shell: Shell) => Promise<Probe>) => inTools(engine, network, probe, tell)
  switch (capability) {
    case 'system-resolver':
      return { can: true, mechanism: 'own resolv.conf' }
    case 'ipv6': {
      const { code } = await network.shell.run('grep -q 00000000000000000000000000000001 /proc/net/if_inet6')
      return code === 0
        ? { can: true, mechanism: '::1' }
        : { can: false, reason: "the engine's kernel has IPv6 switched off", remedy: 'boot it without ipv6.disable=1' }
    }
    // The server's own mechanism will do: no image is pulled for these.
    case 'refuse':
    case 'blackhole-new': {
      const own: Probe = { can: true, mechanism: serverMechanisms[capability] }
      if (!(await hasImage(engine.docker, images.tools))) return own
      const nft = await withTools(probeNft)
      return nft.can ? nft : own
    }
    case 'blackhole-all':
      return withTools(probeNft)
    case 'unreachable':
      return withTools(probePolicyRule)
    case 'capture':
      return withTools(probeCapture)
    default:
      return capability satisfies never
  }
}

async function inTools(
  engine: Engine,
  network: LabNetwork,
  probe: (shell: Shell) => Promise<Probe>,
  tell: (what: string) => void,
): Promise<Probe> {
  try {
    await ensureImage(engine, images.tools, tell)
    return await probe(await network.tools())
  } catch (error) {
    if (error instanceof LabError) return { can: false, reason: error.message.replace(/\.$/, ''), remedy: error.remedy ?? '' }
    throw error
  }
}
