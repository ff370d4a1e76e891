/** `failover-lab doctor`: a line for each runtime, client and kernel feature: what it is for, and what adds it. */

import { missingProgram } from '../client-programs.ts'
import { clients } from '../clients.ts'
import { LabError } from '../errors.ts'
import { findGo } from '../go-client.ts'
import { runtimes } from '../runtimes/open.ts'
import { findProgram } from '../runtimes/programs.ts'
import type { Capability, Lab, Probe, RuntimeKind } from '../runtimes/runtime.ts'
import type { Terminal } from './terminal.ts'

/** What each is for, in the order shown. */
const purposes: Readonly<Record<Capability, string>> = {
  'system-resolver': "clients that use getaddrinfo: Node's default, Go with cgo, curl, Python",
  ipv6: 'scenarios with ::1',
  refuse: 'the fault `refuse`',
  'blackhole-new': 'the fault `blackhole`',
  'blackhole-all': 'the fault `blackhole` with `connections: all`',
  unreachable: 'the fault `unreachable`',
  capture: 'comparing traces with packets',
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
  const best: { lab: Lab | undefined } = { lab: undefined }
  const rows: Row[] = []
  for (const kind of ['netns', 'loopback', 'docker'] as const) {
    const opened = await runtimes[kind].open(signal).catch((error: unknown) => {
      if (error instanceof LabError) return error
      throw error
    })
    if (opened instanceof LabError) {
      rows.push({
        name: kind,
        purpose: runtimePurposes[kind],
        probe: { can: false, reason: opened.message, remedy: opened.remedy ?? '' },
      })
      continue
    }
    rows.push({ name: kind, purpose: runtimePurposes[kind], probe: { can: true, mechanism: '' } })
    if (best.lab) await opened.stop()
    else best.lab = opened
  }
  print('Runtimes', rows, terminal)
  print(
    'Clients',
    Object.entries(clients).map(([name, client]) => ({ name, purpose: client.about, probe: probeClient(name) })),
    terminal,
  )
  const { lab } = best
  if (!lab) return 3
  try {
    const features: Row[] = []
    for (const capability of Object.keys(purposes) as Capability[])
      features.push({ name: capability, purpose: purposes[capability], probe: await lab.probe(capability) })
    features.push({
      name: 'setpriv',
      purpose: 'a frozen server dies with the lab, even when the lab is killed',
      probe: probeProgram('setpriv', 'util-linux'),
    })
    print(`What the ${lab.runtime} runtime can do`, features, terminal)
  } finally {
    await lab.stop()
  }
  return 0
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
  return { can: true, mechanism: clients[name]?.program === 'go' ? (findGo() ?? '') : `node ${process.version}` }
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
