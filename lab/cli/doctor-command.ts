/** `failover-lab doctor`: a line for each runtime, client and kernel feature: what it is for, and what adds it. */

import { missingProgram } from '../client-programs.ts'
import { clients } from '../clients.ts'
import { LabError } from '../errors.ts'
import { findGo } from '../go-client.ts'
import { runtimes } from '../runtimes/open.ts'
import { findProgram } from '../runtimes/programs.ts'
import type { Capability, Lab, Probe, RuntimeKind } from '../runtimes/runtime.ts'
import { exitCodes } from './exit-code.ts'
import type { Terminal } from './terminal.ts'

/** What each is for, in the order shown. */
const purposes: Readonly<Record<Capability, string>> = {
  'system-resolver': "clients that use getaddrinfo: Node's default, Go with cgo, every command",
  ipv6: 'scenarios with ::1',
  refuse: 'the fault `refuse`',
  'blackhole-new': 'the fault `blackhole`',
  'blackhole-all': 'the fault `blackhole` with `connections: all`',
  unreachable: 'the fault `unreachable`',
  capture: "attempts and connections of commands: curl, wget, your own `--client x='COMMAND {url}'`",
}
const runtimePurposes: Readonly<Record<RuntimeKind, string>> = {
  netns: 'a network of its own for each run: every client and fault, runs side by side',
  docker: 'containers of a Docker engine: wherever one runs, this machine or another',
  loopback: "this machine's own loopback addresses: needs nothing, one run at a time",
}

interface Row {
  readonly name: string
  readonly purpose: string
  readonly probe: Probe
}

export async function doctorCommand(terminal: Terminal, signal: AbortSignal): Promise<number> {
  const labs: Lab[] = []
  const able: Features[] = []
  try {
    const rows: Row[] = []
    for (const kind of ['netns', 'loopback', 'docker'] as const) rows.push(await tryRuntime(kind, labs, able, signal))
    print('Runtimes', rows, terminal)
    print(
      'Clients',
      Object.entries(clients).map(([name, client]) => ({ name, purpose: client.about, probe: probeClient(name) })),
      terminal,
    )
    const [best] = able
    if (best) print(`What the ${best.runtime} runtime can do`, await featuresOf(best), terminal)
    return best ? exitCodes.pass : exitCodes.broken
  } finally {
    await Promise.all(labs.map((lab) => lab.stop()))
  }
}

type Features = Pick<Lab, 'runtime' | 'probe'>

/** Opens a lab to see whether it works, if that takes one; what can then be asked what it can do is added to `able`. */
async function tryRuntime(kind: RuntimeKind, labs: Lab[], able: Features[], signal: AbortSignal): Promise<Row> {
  const row = { name: kind, purpose: runtimePurposes[kind] }
  try {
    const { check, features, open } = runtimes[kind]
    if (check) {
      const mechanism = await check()
      if (features) able.push(features)
      return { ...row, probe: { can: true, mechanism } }
    }
    const lab = await open(signal)
    labs.push(lab)
    able.push(lab)
    return { ...row, probe: { can: true, mechanism: '' } }
  } catch (error) {
    if (!(error instanceof LabError)) throw error
    return { ...row, probe: { can: false, reason: error.message, remedy: error.remedy ?? '' } }
  }
}

async function featuresOf(lab: Features): Promise<Row[]> {
  const features: Row[] = []
  for (const capability of Object.keys(purposes) as Capability[])
    features.push({ name: capability, purpose: purposes[capability], probe: await lab.probe(capability) })
  const setpriv = { name: 'setpriv', purpose: 'a frozen server dies with the lab, even when the lab is killed' }
  return [...features, { ...setpriv, probe: probeProgram('setpriv', 'util-linux') }]
}

function probeClient(name: string): Probe {
  const lacking = missingProgram({ name, client: name, settings: {} }, new Map())
  if (lacking) return { can: false, ...lacking }
  if (name === 'go-cgo' && !findProgram('gcc') && !findProgram('cc') && !findProgram('clang')) {
    return {
      can: false,
      reason: 'cgo needs a C compiler',
      remedy: 'install one (Debian, Ubuntu: `sudo apt-get install gcc libc6-dev`)',
    }
  }
  return { can: true, mechanism: mechanismOf(name) }
}

function mechanismOf(name: string): string {
  const client = clients[name]
  if (client?.program === 'command') return findProgram(client.words[0]) ?? ''
  return client?.program === 'go' ? (findGo() ?? '') : `node ${process.version}`
}

const probeProgram = (program: string, debianPackage: string): Probe =>
  findProgram(program)
    ? { can: true, mechanism: program }
    : {
        can: false,
        reason: `${program} is not on this machine`,
        remedy: `install it (Debian, Ubuntu: \`sudo apt-get install ${debianPackage}\`)`,
      }

function print(title: string, rows: readonly Row[], { write, style }: Terminal): void {
  write(`${style.bold(title)}\n`)
  for (const { name, purpose, probe } of rows) {
    const mark = probe.can ? style.good('✓') : style.unsure('–')
    const by = probe.can && probe.mechanism !== '' && probe.mechanism !== name ? style.dim(`  (${probe.mechanism})`) : ''
    write(`  ${mark} ${name.padEnd(16)} ${purpose}${by}\n`)
    if (!probe.can)
      write(`    ${''.padEnd(16)} ${style.unsure(probe.reason)}\n    ${''.padEnd(16)} ${style.dim(`do: ${probe.remedy}`)}\n`)
  }
  write('\n')
}
