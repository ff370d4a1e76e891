/**
 * The fault `unreachable`: a policy rule sends TCP to the server's port to a routing table that says so. An unreachable
 * route for the whole address would not do: RFC 6724 rule 1 puts such an address last, and no client would meet it. Nor
 * would an ICMP error by nft: it comes while `connect` still holds the socket, where Linux only notes it for IPv6, and
 * the attempt fails a second later. So `connect` fails at once (EHOSTUNREACH); open connections stall.
 */
import { LabError } from '../errors.ts'
import type { Shell } from './netns-shell.ts'
import type { InjectedNetworkFault, NetworkFault } from './runtime.ts'

/** Where the lookup of local addresses moves, once: it has the first place, and rules go before it. */
const localPreference = 1000

export async function injectUnreachable(
  { address, port }: NetworkFault,
  number: number,
  shell: Shell,
): Promise<InjectedNetworkFault> {
  const ip = `ip ${address.includes(':') ? '-6' : '-4'}`
  const table = localPreference + number
  const rule = `pref ${number} to ${address} ipproto 6 dport ${port} lookup ${table}`
  const makeRoom = `if ${ip} rule list | grep -q '^0:'; then ${ip} rule add pref ${localPreference} lookup local && ${ip} rule del pref 0; fi`
  const added = await shell.run(
    `${makeRoom} && ${ip} route add unreachable ${address} table ${table} && ${ip} rule add ${rule} && ${ip} rule list pref ${number}`,
  )
  if (added.code !== 0) {
    throw new LabError('NOT_IN_FORCE', `ip refused the rule for unreachable on ${address}: ${added.output}`, {
      remedy: 'run `failover-lab doctor`',
    })
  }
  return {
    evidence: { kind: 'rule', detail: `ip rule ${added.output.replace(/\s+/g, ' ')}, table ${table}: unreachable ${address}` },
    async lift() {
      const { code, output } = await shell.run(`${ip} rule del ${rule} && ${ip} route flush table ${table}`)
      if (code !== 0) throw new LabError('NOT_IN_FORCE', `ip did not delete the rule for unreachable on ${address}: ${output}`)
      return { kind: 'rule', detail: `rule ${number} deleted` }
    },
  }
}
