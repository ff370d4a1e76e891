import type { Address } from '../unit/protocol.ts'

/** Why the server cannot listen, and what to do, from the socket's error. */
export function describeListenError(address: Address, port: number, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  return `Cannot bind DNS server ${address}:${port} (${code}). ${remedies[code] ?? String(error)}`
}

const remedies: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Another process holds this port: stop it, or take port 0 for a free one.',
  EACCES: 'Ports below 1024 need a privilege that this process lacks: take a port from 1024 up, such as 5353.',
  EADDRNOTAVAIL:
    'This machine has no such address: for ::1 turn IPv6 on, on macOS add it with `sudo ifconfig lo0 alias ADDRESS`.',
}
