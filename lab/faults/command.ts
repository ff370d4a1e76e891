import type { Address, ServerCommand, ServerFault } from '../../unit/protocol.ts'
import type { Evidence } from '../runtimes/runtime.ts'
import type { FaultContext, InForce } from './fault.ts'

/** Sends one command to the server of each address. */
export const commandEach = (
  addresses: readonly Address[],
  context: FaultContext,
  build: (id: number, address: Address) => ServerCommand,
): Promise<Evidence[]> =>
  Promise.all(
    addresses.map(async (address) => ofServer(address, addresses, await context.command(address, (id) => build(id, address)))),
  )

/** Several servers say the same words; each is told apart. */
const ofServer = (address: Address, all: readonly Address[], evidence: Evidence): Evidence =>
  all.length > 1 && !evidence.detail.includes(address) ? { ...evidence, detail: `${address}: ${evidence.detail}` } : evidence

/** Injects a fault that the web server itself produces; lifting it is the server's too, and one kind replaces itself. */
export async function injectServerFault(
  fault: ServerFault,
  addresses: readonly Address[],
  context: FaultContext,
  mechanism = 'server',
): Promise<InForce> {
  const inject = (address: Address) => context.command(address, (id) => ({ command: 'inject', id, address, fault }))
  return {
    evidence: await Promise.all(addresses.map(async (address) => ofServer(address, addresses, await inject(address)))),
    mechanism,
    heldBy: fault.kind === 'refuse' || fault.kind === 'blackhole' ? 'listener' : 'process',
    restore: inject,
    lift: (those) => commandEach(those, context, (id, address) => ({ command: 'lift', id, address, kind: fault.kind })),
  }
}

/** Waits until the client has seen its connections to each address close. */
export async function clientClosedEach(
  addresses: readonly Address[],
  context: FaultContext,
  which: 'all' | 'closed-by-server' = 'closed-by-server',
): Promise<void> {
  await Promise.all(addresses.map((address) => context.clientClosed(address, which)))
}
