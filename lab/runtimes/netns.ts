/**
 * The `netns` runtime (Linux): units live in a network namespace of the lab's own, with their own loopback interface,
 * resolv.conf and port 53. An ordinary user gets one through a user namespace. No packet can leave: there is no other
 * interface. The namespace goes with its first process, a shell that reads its commands from the lab and ends when the
 * lab does; rules, mounts and whatever a unit started go with it.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { LabError, messageOf } from '../errors.ts'
import { serverMechanisms } from '../faults/network.ts'
import { probeCapture, startCapture } from './capture.ts'
import { dieWithLab } from './die-with-lab.ts'
import { listenRows } from './listen-table.ts'
import { readStatus, whyForbidden } from './namespace-refused.ts'
import { childShell, openShell, type Shell } from './netns-shell.ts'
import { injectByNft } from './nft.ts'
import { probeNft, probePolicyRule } from './probes.ts'
import { findProgram, labMark, searchPath } from './programs.ts'
import type { Capability, Lab, Probe, Runtime, Unit } from './runtime.ts'
import { startUnitProcess } from './unit-process.ts'
import { injectUnreachable } from './unreachable.ts'

const needed = ['unshare', 'nsenter', 'setpriv', 'mount', 'ip'] as const
/** Root of a user namespace of one user (`unshare -r`) may not change groups, which tcpdump does as root: it is not root here. */
const isRoot = process.getuid?.() === 0 && !mayNotSetGroups()
const mapping = process.getuid?.() === 0 ? ['--map-user=65534', '--map-group=65534'] : ['--map-current-user']

export const netns: Runtime = {
  kind: 'netns',
  runsPerCore: 4,
  async open(signal): Promise<Lab> {
    const shell = await openNamespace(signal)
    const units: Unit[] = []
    const enter = [
      'nsenter',
      '--target',
      String(shell.pid),
      ...(isRoot ? [] : ['--user', '--preserve-credentials']),
      '--net',
      '--mount',
      '--uts',
      '--pid',
      '--wd',
    ]
    const probed = new Map<Capability, Promise<Probe>>()
    const probeOnce = (capability: Capability) => {
      const known = probed.get(capability) ?? probe(capability, shell)
      probed.set(capability, known)
      return known
    }
    let faults = 0
    return {
      runtime: 'netns',
      dnsServer: { address: '127.0.0.1', port: 53 },
      probe: probeOnce,
      observe: async () => startCapture(await probeOnce('capture'), shell),
      async configure({ resolvConf }) {
        const { code, output } = await shell.run(`printf %s '${resolvConf.replaceAll("'", '')}' > "$resolv_conf"`)
        if (code !== 0) throw new LabError('RUNTIME_UNAVAILABLE', `Cannot write the namespace's resolv.conf: ${output}`)
      },
      start(spec) {
        const unit = startUnitProcess(spec, enter, true)
        units.push(unit)
        return unit
      },
      inject: (fault) => {
        faults += 1
        return fault.kind === 'unreachable'
          ? injectUnreachable(fault, faults, shell)
          : injectByNft({ ...fault, kind: fault.kind }, faults, shell)
      },
      listening: () => listenRows(shell.pid),
      async stop() {
        await Promise.all([shell.end(), ...units.map((unit) => unit.stop(0))])
      },
    }
  },
}

function mayNotSetGroups(): boolean {
  try {
    return readFileSync('/proc/self/setgroups', 'utf8').trim() === 'deny'
  } catch {
    return false // not Linux
  }
}

/** Whether this machine can make such a namespace; the reason if not. Cheap enough for `auto` to try on each start. */
export function missingForNetns(): string | undefined {
  if (process.platform !== 'linux') return `network namespaces are a feature of Linux, and this is ${process.platform}`
  const missing = needed.filter((program) => !findProgram(program))
  return missing.length === 0 ? undefined : `not on this machine: ${missing.join(', ')}`
}

async function openNamespace(signal: AbortSignal): Promise<Shell> {
  const missing = missingForNetns()
  if (missing)
    throw unavailable(missing, 'install util-linux and iproute2 (Debian, Ubuntu: `sudo apt-get install util-linux iproute2`)')
  const [program = '', ...args] = [
    ...dieWithLab,
    'unshare',
    ...(isRoot ? [] : ['--user', ...mapping, '--keep-caps']),
    '--net',
    '--mount',
    '--pid',
    '--uts',
    '--fork',
    '--kill-child',
    'sh',
    '-s',
  ]
  const child = spawn(program, args, {
    env: { PATH: searchPath(), LC_ALL: 'C', ...labMark },
    detached: true, // Ctrl-C must reach the lab first
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const shell = await openShell(childShell(child), setUp, signal).catch((cause: unknown) => {
    const { reason, remedy } = whyForbidden(messageOf(cause), readStatus(), isRoot)
    throw unavailable(reason, remedy)
  })
  return shell
}

const unavailable = (reason: string, remedy: string) =>
  new LabError('RUNTIME_UNAVAILABLE', `The netns runtime does not work here: ${reason}.`, { remedy })

/**
 * Prepares the namespace. Each file that changes what a resolver does is replaced: the user's own resolv.conf, hosts,
 * nsswitch.conf and gai.conf would change the result. A dotless host name keeps resolvers from adding its domain to
 * names; the tmpfs on /run hides nscd's and systemd-resolved's sockets, which cross network namespaces.
 */
const setUp = `
fail() { echo "$1" >&2; exit 1; }
read -r pid rest < /proc/self/stat # while /proc is still the machine's own
mount -t proc lab /proc 2>/dev/null # a container may forbid it; units then see the machine's process ids
ip link set lo up || fail 'cannot bring up the loopback interface'
echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start || fail 'cannot open port 53 to the DNS server'
hostname lab 2>/dev/null || echo lab > /proc/sys/kernel/hostname || fail 'cannot set the host name'
resolv_conf=$(readlink -f /etc/resolv.conf)
mount -t tmpfs -o size=1m,mode=0755 lab /run || fail 'cannot mount a tmpfs on /run'
case "$resolv_conf" in
  /run/*) mkdir -p "\${resolv_conf%/*}" && : > "$resolv_conf" ;;
  *) : > /run/resolv.conf; mount --bind /run/resolv.conf "\${resolv_conf:-/etc/resolv.conf}" 2>/dev/null && resolv_conf=/run/resolv.conf || resolv_conf= ;;
esac
replace() { [ ! -e "$2" ] || { printf "$1" > "/run/\${2##*/}" && mount --bind "/run/\${2##*/}" "$2"; } || fail "cannot replace $2"; }
replace 'hosts: files dns\\n' /etc/nsswitch.conf
replace '127.0.0.1 localhost\\n::1 localhost\\n' /etc/hosts
replace '' /etc/gai.conf
[ -n "$resolv_conf" ] || resolv_conf=/dev/null
`

async function probe(capability: Capability, shell: Shell): Promise<Probe> {
  switch (capability) {
    case 'system-resolver': {
      const { output } = await shell.run('echo "$resolv_conf"')
      return output === '/dev/null'
        ? {
            can: false,
            reason: '/etc/resolv.conf does not exist, so it cannot be replaced',
            remedy: 'create an empty one: `sudo touch /etc/resolv.conf`',
          }
        : { can: true, mechanism: 'own resolv.conf' }
    }
    case 'ipv6': {
      const { code } = await shell.run('grep -q 00000000000000000000000000000001 /proc/self/net/if_inet6')
      return code === 0
        ? { can: true, mechanism: '::1' }
        : {
            can: false,
            reason: 'this kernel has IPv6 switched off',
            remedy: 'boot without ipv6.disable=1, and `sudo sysctl net.ipv6.conf.all.disable_ipv6=0`',
          }
    }
    case 'refuse':
    case 'blackhole-new': {
      const nft = await probeNft(shell)
      return nft.can ? nft : { can: true, mechanism: serverMechanisms[capability] }
    }
    case 'blackhole-all':
      return probeNft(shell)
    case 'unreachable':
      return probePolicyRule(shell)
    case 'capture':
      return probeCapture(shell)
    default:
      return capability satisfies never
  }
}
