import { authority, seeNoListener } from '../listen-row.ts'
import type { FaultyServer, PutInForce } from './fault.ts'

/** Closes the listening socket, so that the kernel answers each SYN with RST; open connections stay. */
export const refuse: PutInForce<'refuse'> = async (fault, { listener }) => {
  mustListen({ listener })
  listener.close()
  return {
    detail: await seeNoListener(listener.address, listener.port),
    remaining: () => fault,
    closesListener: true,
    end() {},
  }
}

/** A fault of the listening socket needs one. */
export function mustListen({ listener }: Pick<FaultyServer, 'listener'>): void {
  if (!listener.isOpen)
    throw new Error(`${authority(listener.address, listener.port)} does not listen: start it, or lift refuse or blackhole first.`)
}
