/** What a fault can reach while it is injected: the units, the runtime, the zone, and what the client has said. */
import { setTimeout as wait } from 'node:timers/promises'
import { nowUs } from '../../unit/clock.ts'
import type { Address, ZoneData } from '../../unit/protocol.ts'
import { LabError } from '../errors.ts'
import type { FaultContext } from '../faults/fault.ts'
import type { Recorder } from '../journal/recorder.ts'
import type { Lab } from '../runtimes/runtime.ts'
import { serverPort } from '../scenario/values.ts'
import { missing } from './capabilities.ts'
import { untilClientClosed } from './client-connections.ts'
import type { Units } from './units.ts'

/** For one run; `zone` is the zone it starts with. */
export function faultContext(units: Units, lab: Lab, recorder: Recorder, zone: ZoneData, signal: AbortSignal): FaultContext {
  let current = zone
  return {
    signal,
    command: (address, command) => units.commandServer(address, command),
    process: (address) => units.process(address),
    start: (address) => units.startAgain(address),
    network: (fault) => lab.inject(fault),
    async mechanism(capability) {
      const probe = await lab.probe(capability)
      if (probe.can) return probe.mechanism
      throw missing(capability, probe)
    },
    clientClosed: (address, which) => untilClientClosed(address, which, recorder, signal),
    async replaceNames(names) {
      current = { ...current, ...names }
      return units.commandDns((id) => ({ command: 'zone', id, zone: names }))
    },
    currentZone: () => current,
    async listening(addresses) {
      const rows = await lab.listening()
      return addresses.filter((address) => rows.includes(listenRow(address)))
    },
    notListening: (address) => untilNotListening(address, lab, signal),
  }
}

const listenRow = (address: Address): string =>
  address.includes(':') ? `[${address}]:${serverPort}` : `${address}:${serverPort}`

async function untilNotListening(address: Address, lab: Lab, signal: AbortSignal) {
  const row = listenRow(address)
  const deadlineUs = nowUs() + 5_000_000
  while ((await lab.listening()).includes(row)) {
    if (nowUs() > deadlineUs) throw new LabError('NOT_IN_FORCE', `${row} still listens 5 s after its process was killed.`)
    await wait(1, undefined, { signal })
  }
  return { kind: 'socket-table', detail: `no LISTEN row for ${row}` } as const
}
