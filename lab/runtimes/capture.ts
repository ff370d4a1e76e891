/**
 * A packet capture in the namespace, for clients that are observed from outside. The shell starts it: units have no
 * capabilities when an ordinary user runs the lab. Its lines go through a named pipe, so nothing has to be kept, and
 * through `cat`, since AppArmor's profile of tcpdump (Ubuntu) lets it write to no file of ours. It ends with the namespace.
 */
import { serverPort } from '../scenario/values.ts'
import type { Shell } from './netns-shell.ts'
import type { Observation, Probe } from './runtime.ts'

/** Where they are in a namespace. */
const inNamespace = { home: '/run/home', pipe: '/run/packets', mode: '600' }

/** `-Z root`: as root it would become another user first, which a user namespace may not have. */
const tcpdump = 'tcpdump -i lo -nn -Z root'
/** TCP to the servers, DNS over UDP, and the datagrams with which the client's unit asks whether all has come. */
const filter = `tcp port ${serverPort} or udp port 53 or udp port 9`

export async function probeCapture(shell: Shell): Promise<Probe> {
  const found = await shell.run('command -v tcpdump')
  if (found.code !== 0)
    return {
      can: false,
      reason: 'tcpdump is not on this machine',
      remedy: 'install it (Debian, Ubuntu: `sudo apt-get install tcpdump`)',
    }
  const opened = await shell.run(`${tcpdump} -L`) // opens the interface, names its link types, ends
  return opened.code === 0
    ? { can: true, mechanism: 'tcpdump' }
    : {
        can: false,
        reason: `tcpdump does not work in this namespace (${opened.output.split('\n')[0] ?? ''})`,
        remedy: 'run as root, or give the kernel CONFIG_PACKET',
      }
}

/** Starts the capture; the pipe holds what it writes until somebody reads. */
export async function startCapture(probe: Probe, shell: Shell, { home, pipe, mode } = inNamespace): Promise<Observation> {
  // curl looks for its settings in the home folder of /etc/passwd, unless there are some in HOME.
  const settled = await shell.run(`mkdir -p ${home} && : > ${home}/.curlrc && : > ${home}/.wgetrc`)
  const observation = { home: settled.code === 0 ? home : undefined }
  if (!probe.can) return { ...observation, packets: probe }
  const { code, output } = await shell.run(
    `mkfifo -m ${mode} ${pipe} && exec 9<>${pipe} && { (${tcpdump} -tt -l --immediate-mode '${filter}' 2>&1 9>&- | cat >&9) & exec 9>&-; }`,
  )
  if (code !== 0)
    return {
      ...observation,
      packets: { reason: `the capture's pipe cannot be made (${output})`, remedy: 'run `failover-lab doctor`' },
    }
  return { ...observation, packets: { pipe } }
}
