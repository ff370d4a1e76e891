/**
 * One lab at a time on the loopback addresses. The lock is a listening socket that only one process of a network
 * namespace can have: on Linux an abstract Unix socket (a name, not a file; it belongs to the network namespace), elsewhere
 * a TCP port. It works across users, needs no rights, and goes with its process, however that ends; units do not inherit it.
 *
 * Whoever waits stays connected to the holder, and so learns from the kernel that the holder has ended. It leaves only
 * once it has tried to be next: that is how a holder with more runs to make lets others have their turn.
 */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { LabError } from '../errors.ts'
import { holderAt } from './lock-holder.ts'
import type { Holder, Queue } from './runtime.ts'

export type LockPlace = { readonly path: string } | { readonly host: string; readonly port: number }

export interface Lock {
  /** Settles when it is free, and somebody who waited has had the chance to take it. */
  release(): Promise<void>
}

/** As long as such a name can be: Node 20 fills up a shorter one with NUL, Node 26 does not, and they would not meet. */
const abstractName = `\0${'failover-lab-loopback'.padEnd(107, '-')}`
const here: LockPlace = process.platform === 'linux' ? { path: abstractName } : { host: '127.0.0.1', port: 1322 }
/** How long one that waits, and is stopped, may hold up another one's handing over. */
const handOverMs = 1000
const hello = 'failover-lab'

/** Settles when this process has the lock; rejects with LAB_BUSY when the patience is at an end, or with the signal's reason. */
export async function acquireLock(signal: AbortSignal, queue?: Queue, place: LockPlace = here): Promise<Lock> {
  const late = queue && AbortSignal.timeout(queue.patienceMs)
  const stop = late ? AbortSignal.any([signal, late]) : signal
  let holder: Holder | undefined
  let before: Socket | undefined
  try {
    for (;;) {
      stop.throwIfAborted()
      const lock = await tryToHold(place)
      if (lock) return lock
      before?.destroy()
      before = connect({ ...place, allowHalfOpen: true })
      const isLab = await untilOver(before, stop, async (pid) => {
        holder = await holderAt(place, pid)
        if (!stop.aborted) queue?.onWait(holder)
      })
      if (!isLab) await wait(20, undefined, { signal: stop }) // it has just ended, or something else is there
    }
  } catch (error) {
    if (signal.aborted || !late?.aborted) throw error
    throw busy(holder ?? (await holderAt(place, undefined)), (queue?.patienceMs ?? 0) / 1000)
  } finally {
    before?.destroy()
  }
}

const busy = ({ who, remedy }: Holder, seconds: number): LabError =>
  new LabError('LAB_BUSY', `${who} has not left the loopback addresses of this machine for ${seconds} s.`, { remedy })

async function tryToHold(place: LockPlace): Promise<Lock | undefined> {
  const waiting = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    waiting.add(socket)
    socket.unref().on('error', () => {}) // whoever waited has been killed
    socket.on('end', () => socket.end()).on('close', () => waiting.delete(socket))
    socket.resume().write(`${hello} ${process.pid}\n`)
  })
  if (!(await listens(server.unref(), place))) return undefined
  return {
    async release() {
      server.close()
      const left = [...waiting]
      const isLate = setTimeout(() => left.map((socket) => socket.destroy()), handOverMs)
      await Promise.all(
        left.map((socket) => {
          const closed = once(socket.ref(), 'close').catch(() => {})
          socket.end()
          return closed
        }),
      )
      clearTimeout(isLate)
    },
  }
}

async function listens(server: Server, place: LockPlace): Promise<boolean> {
  try {
    server.listen({ ...place, exclusive: true })
    await once(server, 'listening')
    return true
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') return false
    throw new LabError('RUNTIME_UNAVAILABLE', `The loopback runtime cannot keep others off its addresses: ${message}.`, {
      cause,
      remedy: 'run `failover-lab doctor`, or use --runtime netns',
    })
  }
}

/** Settles when the other side lets go; whether it was a lab. `onHolder` hears its pid, or nothing if it is silent for a second. */
async function untilOver(
  socket: Socket,
  signal: AbortSignal,
  onHolder: (pid: number | undefined) => Promise<void>,
): Promise<boolean> {
  let said = ''
  let isTold = false
  const tell = () => {
    if (isTold) return
    isTold = true
    const pid = new RegExp(`^${hello} (\\d+)\n`).exec(said)?.[1]
    void onHolder(pid === undefined ? undefined : Number(pid))
  }
  const silent = setTimeout(tell, 1000)
  try {
    await new Promise<void>((resolve, reject) => {
      const stop = () => reject(signal.reason)
      if (signal.aborted) return stop()
      signal.addEventListener('abort', stop, { once: true })
      socket.on('error', () => resolve()) // it was killed
      socket.on('end', resolve).on('close', () => {
        signal.removeEventListener('abort', stop)
        resolve()
      })
      socket.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(0, 100)
        if (said.startsWith(`${hello} `) && said.includes('\n')) tell()
      })
    })
    return said.startsWith(`${hello} `)
  } finally {
    clearTimeout(silent)
  }
}
