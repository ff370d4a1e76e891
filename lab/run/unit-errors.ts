/** What the end of a unit, or a port it cannot have, means to the user. */
import type { Address, ClientEvent } from '../../unit/protocol.ts'
import { LabError } from '../errors.ts'
import type { UnitExit } from '../runtimes/runtime.ts'
import { serverPort } from '../scenario/values.ts'

/** As a shell ends that finds no such program, or none that it may run. */
const cannotRun: readonly (number | null)[] = [126, 127]

/** A unit ended by itself, and `wasReady` or never came so far. */
export function exitError(id: string, { code, signal, overBudget, stderr, image }: UnitExit, wasReady: boolean): LabError {
  const how = overBudget
    ? 'flooded its output and was killed'
    : signal
      ? `was killed by ${signal}`
      : `ended with exit code ${code}`
  const words = stderr.split('\n').slice(-3).join(' | ')
  const said = words === '' ? '' : `: ${words}`
  if (id === 'client' && cannotRun.includes(code) && !wasReady)
    return image === undefined
      ? new LabError('CLIENT_MISSING', `The client cannot be started${said}.`, { remedy: 'install it, or give its path' })
      : new LabError('CLIENT_MISSING', `The image ${image} cannot run ${words || 'the client'}.`, {
          remedy: 'name one that has it: --client-image NAME=IMAGE',
        })
  if (id === 'client')
    return new LabError('CLIENT_BROKEN', `The client ${how}${said}.`, { remedy: 'check it with `failover-lab client-check`' })
  if (/EADDRINUSE/.test(stderr))
    return new LabError('PORT_TAKEN', `${id}: ${stderr}`, {
      remedy: 'run with --runtime netns, or stop the process that holds the port',
    })
  return new LabError('UNIT_FAILED', `Unit ${id} ${how}${said}.`)
}

/** The socket of a web server cannot be had. */
export function listenError(address: Address, code: string): LabError {
  if (code === 'EADDRINUSE') {
    return new LabError('PORT_TAKEN', `Cannot bind server ${address}:${serverPort} (EADDRINUSE): another process holds it.`, {
      remedy: `run with --runtime netns, or stop that process (\`ss -ltnp 'sport = :${serverPort}'\` names it)`,
    })
  }
  if (code === 'EADDRNOTAVAIL') {
    return new LabError(
      'ADDRESS_MISSING',
      `Cannot bind server ${address}:${serverPort} (EADDRNOTAVAIL): this machine has no ${address}.`,
      {
        remedy:
          process.platform === 'darwin'
            ? `sudo ifconfig lo0 alias ${address} up`
            : 'enable it on the loopback interface, or run with --runtime netns',
      },
    )
  }
  return new LabError('UNIT_FAILED', `Cannot bind server ${address}:${serverPort} (${code}).`)
}

/** The client has said, at its start or later, that this machine or this runtime does not let it do what it must. */
export const unableError = ({ reason, remedy }: Extract<ClientEvent, { event: 'unable' }>): LabError =>
  new LabError('CAPABILITY_MISSING', `The client cannot do this here: ${reason}`, { remedy })
