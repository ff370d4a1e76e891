/**
 * A network namespace around a command that uses this machine's loopback addresses, so that tests which run side by
 * side do not take each other's port. Where there is none, the command runs as it is.
 */
import { execFileSync } from 'node:child_process'

const isRoot = process.getuid?.() === 0
const enter = ['unshare', ...(isRoot ? [] : ['--user', '--map-current-user', '--keep-caps']), '--net']
const up = ['sh', '-c', 'ip link set lo up && exec "$@"', 'sh']

export const ownNetwork: readonly string[] = canEnter() ? [...enter, ...up] : []

/** As `ownNetwork`, with these files and folders hidden; empty where that takes more rights than there are. */
export function hiding(paths: readonly string[]): readonly string[] {
  if (!isRoot || ownNetwork.length === 0) return []
  const hide =
    'for path in $HIDDEN; do if [ -d "$path" ]; then mount -t tmpfs none "$path"; else mount --bind /dev/null "$path"; fi || exit 99; done; exec "$@"'
  return [
    ...enter,
    '--mount',
    'sh',
    '-c',
    `ip link set lo up; ${hide.replace('$HIDDEN', paths.map((path) => `'${path}'`).join(' '))}`,
    'sh',
  ]
}

function canEnter(): boolean {
  if (process.platform !== 'linux') return false
  try {
    const [program = '', ...args] = [...enter, ...up, 'true']
    execFileSync(program, args, { stdio: 'ignore', timeout: 5000 })
    return true
  } catch {
    return false
  }
}
