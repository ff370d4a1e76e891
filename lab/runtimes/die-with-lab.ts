/**
 * Put before a command line on Linux: the kernel kills the process when the lab dies (PR_SET_PDEATHSIG), also while it
 * is stopped. `sh` ends instead of starting it if the lab died between fork and that call.
 */
export const dieWithLab: readonly string[] = [
  'setpriv',
  '--pdeathsig',
  'KILL',
  'sh',
  '-c',
  'test "$PPID" -eq "$0" || exit 1; exec "$@"',
  String(process.pid),
]
