/** A network namespace that several commands can be put into, as two terminals of one machine share its loopback addresses. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { ownNetwork } from './own-network.ts'

export interface SharedNetwork {
  /** What to put before a command. */
  readonly prefix: readonly string[]
  /** Ends the process that holds the namespace. */
  end(): void
}

/** Only where `ownNetwork` is not empty. */
export async function sharedNetwork(): Promise<SharedNetwork> {
  const [program = '', ...args] = [...ownNetwork, 'sh', '-c', 'echo up; read -r line']
  const holder = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] }) // `unshare` keeps the process id
  await once(holder.stdout, 'data')
  const asUser = process.getuid?.() === 0 ? [] : ['--user', '--preserve-credentials']
  return {
    prefix: ['nsenter', '--target', String(holder.pid), ...asUser, '--net'],
    end: () => void holder.kill('SIGKILL'),
  }
}
