/**
 * `failover-lab client-check CMD …`: what a program gets wrong of the client protocol. It runs in a network namespace
 * where that works, so that a client whose resolver knows only port 53 can be checked too.
 */
import pc from 'picocolors'
import { checkClient } from '../client-check/check.ts'
import { printCheck } from '../client-check/print.ts'
import { LabError } from '../errors.ts'
import { bootArgv } from '../paths.ts'
import { netns } from '../runtimes/netns.ts'
import { labMark, searchPath } from '../runtimes/programs.ts'
import type { Lab } from '../runtimes/runtime.ts'
import { exitCodes } from './exit-code.ts'
import type { Terminal } from './terminal.ts'

/** Told to the command inside the namespace; not for people. */
const inside = '--inside-namespace'

export async function clientCheckCommand(args: readonly string[], terminal: Terminal, signal: AbortSignal): Promise<number> {
  const [first, ...rest] = args
  if (first === inside) return check(rest, terminal, signal, 53)
  if (first === undefined || first === '--help') {
    throw new LabError('USAGE', '`client-check` needs the command line of a client.', {
      remedy: 'such as `failover-lab client-check python3 client.py`',
    })
  }
  const lab = await netns.open(signal).catch((error: unknown) => {
    if (error instanceof LabError && !signal.aborted) return undefined
    throw error
  })
  return lab ? checkInside(lab, args, terminal) : check(args, terminal, signal, 0)
}

async function check(argv: readonly string[], terminal: Terminal, signal: AbortSignal, dnsPort: number): Promise<number> {
  const report = await checkClient(argv as readonly [string, ...string[]], { signal, dnsPort })
  const isColored = terminal.style.bold('x') !== 'x'
  terminal.write(`${printCheck(report, pc.createColors(isColored))}\n`)
  if (report.passed) return exitCodes.pass
  return report.unable ? exitCodes.inconclusive : exitCodes.fail
}

async function checkInside(lab: Lab, args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await lab.configure({ resolvConf: 'nameserver 127.0.0.1\noptions timeout:1 attempts:2\n' })
    const isColored = terminal.style.bold('x') !== 'x'
    const unit = lab.start({
      id: 'client-check',
      argv: bootArgv('cli', 'client-check', inside, ...args),
      env: { PATH: searchPath(), LC_ALL: 'C.UTF-8', TZ: 'UTC', ...labMark, ...(isColored ? { FORCE_COLOR: '1' } : {}) },
    })
    unit.onLine((line) => terminal.write(`${line}\n`))
    const { code, stderr } = await unit.exited
    if (stderr !== '') terminal.writeError(`${stderr}\n`)
    return code ?? exitCodes.broken
  } finally {
    await lab.stop()
  }
}
