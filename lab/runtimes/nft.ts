/**
 * Network faults by nftables. A fault is a table of its own: lifting it deletes the table, and its counter says what it
 * met. Rules match TCP to the server's port on the way in, never a whole address: 127.0.0.1 is every local client's
 * source address, so a rule on the address alone would cut DNS and replies as well.
 */
import { LabError } from '../errors.ts'
import type { Shell } from './netns-shell.ts'
import type { InjectedNetworkFault, NetworkFault } from './runtime.ts'

/** `unreachable` is not nft's: see unreachable.ts. */
type PacketFault = NetworkFault & { readonly kind: Exclude<NetworkFault['kind'], 'unreachable'> }

export async function injectByNft(fault: PacketFault, number: number, shell: Shell): Promise<InjectedNetworkFault> {
  const table = `inet fault${number}`
  const rules = rulesOf(fault).map((rule) => `add rule ${table} in ${rule}`)
  const script = [
    `add table ${table}`,
    `add counter ${table} met`,
    `add chain ${table} in { type filter hook input priority 0 ; }`,
    ...rules,
  ].join('; ')
  const added = await shell.run(`nft '${script}' && nft -s list chain ${table} in`)
  if (added.code !== 0) {
    throw new LabError('NOT_IN_FORCE', `nft refused the rule for ${fault.kind} on ${fault.address}: ${added.output}`, {
      remedy: 'run `failover-lab doctor`',
    })
  }
  const listed = added.output.split('\n').filter((line) => line.includes('dport') || line.includes('sport'))
  return {
    evidence: { kind: 'rule', detail: listed.map((line) => line.trim()).join('; ') },
    async met() {
      const { output } = await shell.run(`nft list counter ${table} met`)
      return Number(/packets (\d+)/.exec(output)?.[1] ?? 0)
    },
    async lift() {
      const { code, output } = await shell.run(`nft delete table ${table}`)
      if (code !== 0)
        throw new LabError('NOT_IN_FORCE', `nft did not delete the rule for ${fault.kind} on ${fault.address}: ${output}`)
      return { kind: 'rule', detail: `table ${table} deleted` }
    },
  }
}

function rulesOf({ kind, address, port }: PacketFault): readonly string[] {
  const ip = address.includes(':') ? 'ip6' : 'ip'
  const toServer = `${ip} daddr ${address} tcp dport ${port}`
  const syn = `${toServer} tcp flags & (syn | ack) == syn counter name met`
  switch (kind) {
    case 'refuse':
      return [`${syn} reject with tcp reset`]
    case 'blackhole-new':
      return [`${syn} drop`]
    case 'blackhole-all':
      return [`${toServer} counter name met drop`, `${ip} saddr ${address} tcp sport ${port} counter name met drop`]
    default:
      return kind satisfies never
  }
}
