/**
 * The `loopback` runtime: units are ordinary processes of this machine, on its own loopback addresses. It needs nothing,
 * isolates nothing, and reaches only clients whose resolver can be told a port.
 */
import { networkInterfaces } from 'node:os'
import { LabError } from '../errors.ts'
import { serverMechanisms } from '../faults/network.ts'
import { listenRows } from './listen-table.ts'
import { endLeftovers } from './loopback-leftovers.ts'
import { acquireLock, type Lock } from './loopback-lock.ts'
import { killMarked } from './processes.ts'
import { findProgram } from './programs.ts'
import type { Capability, Lab, Probe, Runtime, Unit } from './runtime.ts'
import { startUnitProcess } from './unit-process.ts'

const onlyNetns = (reason: string) => ({
  can: false as const,
  reason,
  remedy: 'run with --runtime netns (`failover-lab doctor` says what this machine needs for it)',
})
const noCapture = onlyNetns("the loopback runtime shares the machine's network, and does not capture on it")

const probes: Readonly<Record<Capability, () => Probe>> = {
  'system-resolver': () =>
    onlyNetns("the system's resolver asks port 53 of the address in /etc/resolv.conf, which the loopback runtime cannot change"),
  ipv6: () =>
    Object.values(networkInterfaces()).some((list) => list?.some((entry) => entry.address === '::1'))
      ? { can: true, mechanism: '::1' }
      : {
          can: false,
          reason: 'this machine has no ::1',
          remedy: 'enable IPv6 on the loopback interface, or run with --runtime netns',
        },
  refuse: () => ({ can: true, mechanism: serverMechanisms.refuse }),
  'blackhole-new': () =>
    process.platform === 'linux'
      ? { can: true, mechanism: serverMechanisms['blackhole-new'] }
      : {
          can: false,
          reason: 'only Linux drops the SYNs that a full accept queue meets',
          remedy: 'run it on Linux or in a Linux container',
        },
  'blackhole-all': () => onlyNetns('packets of open connections can only be dropped by a packet filter in a network namespace'),
  unreachable: () => onlyNetns('a route can only be taken away in a network namespace'),
  capture: () => noCapture,
}

/** In the environment of every unit of one lab: what a client starts in a session of its own is found by it. */
export const markName = 'FAILOVER_LAB_LOOPBACK'
let opened = 0

const features = { runtime: 'loopback', probe: async (capability: Capability) => probes[capability]() } as const

export const loopback: Runtime = {
  kind: 'loopback',
  runsPerCore: 0,
  features,
  check: async () => '',
  async open(signal, _tell, queue): Promise<Lab> {
    const lock = await acquireLock(signal, queue)
    try {
      await endLeftovers(markName)
      return loopbackLab(lock)
    } catch (error) {
      await lock.release()
      throw error
    }
  },
}

/** A lab of whoever has the lock. */
export function loopbackLab(lock: Lock): Lab {
  const units: Unit[] = []
  opened += 1
  const id = `${process.pid}.${opened}`
  const mark = `${markName}=${id}`
  const canDieWithLab = process.platform === 'linux' && findProgram('setpriv') !== undefined
  return {
    ...features,
    dnsServer: { address: '127.0.0.1', port: 0 },
    configure: async () => {},
    start(spec) {
      const unit = startUnitProcess({ ...spec, env: { ...spec.env, [markName]: id } }, [], canDieWithLab)
      units.push(unit)
      return unit
    },
    observe: async () => ({ home: undefined, packets: noCapture }),
    inject: async (fault) => {
      throw new LabError('CAPABILITY_MISSING', `The loopback runtime has no packet filter for ${fault.kind}.`)
    },
    listening: () => listenRows('self'),
    async stop() {
      await Promise.all(units.map((unit) => unit.stop(0)))
      await killMarked(mark)
      await lock.release()
    },
  }
}
