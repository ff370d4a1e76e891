/**
 * What a killed lab has left on the loopback addresses for a moment (or, frozen and without `setpriv`, for good). Who has
 * the lock is the only lab of this network namespace, so every unit of the loopback runtime in it is such a leftover.
 */
import { readlink } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { serverPort } from '../scenario/values.ts'
import { listenRows } from './listen-table.ts'
import { kill, processesWith } from './processes.ts'

/** Another user's leftovers cannot be killed, only waited for: they die by themselves within a second. */
const patienceMs = 1000

/** Kills the units of labs that have been killed, and waits until their ports are free. What then holds a port is no lab. */
export async function endLeftovers(markName: string): Promise<void> {
  const deadlineMs = performance.now() + patienceMs
  for (;;) {
    const units = await leftovers(markName)
    for (const pid of units) kill(pid)
    const isHeld = (await listenRows('self')).some((row) => row.endsWith(`:${serverPort}`))
    if ((units.length === 0 && !isHeld) || performance.now() > deadlineMs) return
    await wait(5)
  }
}

async function leftovers(markName: string): Promise<number[]> {
  const network = await networkOf('self')
  const units = await processesWith((entry) => entry.startsWith(`${markName}=`))
  const networks = await Promise.all(units.map(networkOf))
  return network === undefined ? [] : units.filter((_, i) => networks[i] === network)
}

const networkOf = (pid: number | 'self'): Promise<string | undefined> => readlink(`/proc/${pid}/ns/net`).catch(() => undefined)
