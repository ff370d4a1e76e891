/** Why a namespace was refused, as far as it can be told, and the setting that allows it: in a container mostly its seccomp profile. */
import { readFileSync } from 'node:fs'

export interface Refusal {
  readonly reason: string
  readonly remedy: string
}

/** Tried in containers of a real engine: an ordinary user needs these two and no capability. */
const forContainers = '`--security-opt seccomp=unconfined --security-opt systempaths=unconfined`'

/** `text` is what was said; `status` is /proc/self/status, which tells of filters and capabilities. */
export function whyForbidden(text: string, status: string, isRoot: boolean): Refusal {
  if (/ip_unprivileged_port_start.*Read-only/i.test(text))
    return {
      reason: `/proc/sys is read-only in this container, so DNS cannot have port 53 (${text})`,
      remedy: 'start the container with `--security-opt systempaths=unconfined` as well',
    }
  if (!/Operation not permitted|Permission denied|uid_map/i.test(text))
    return { reason: text, remedy: 'run `failover-lab doctor`, or use --runtime loopback' }
  if (isRoot && !hasCapability(status, sysAdmin))
    return {
      reason: `root has not all its capabilities in this container (${text})`,
      remedy: `run as an ordinary user, in a container started with ${forContainers}`,
    }
  if (/^Seccomp:\s+2$/m.test(status))
    return {
      reason: `the seccomp profile of this container takes \`unshare\` away (${text})`,
      remedy: `start the container with ${forContainers}; --runtime loopback needs neither`,
    }
  return {
    reason: text,
    remedy:
      'unprivileged user namespaces are forbidden here: run as root, or allow them (Ubuntu: `sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`)',
  }
}

const sysAdmin = 21n

const hasCapability = (status: string, number: bigint): boolean =>
  (BigInt(`0x${/^CapEff:\s+([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`) & (1n << number)) !== 0n

export function readStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8')
  } catch {
    return '' // not Linux
  }
}
