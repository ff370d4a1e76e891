/** What can be done in the network of a shell: shared by the runtimes whose lab has one. */
import type { Shell } from './netns-shell.ts'
import type { Probe } from './runtime.ts'

/** Whether nft works in the shell's network. */
export async function probeNft(shell: Shell): Promise<Probe> {
  const found = await shell.run('command -v nft')
  if (found.code !== 0)
    return {
      can: false,
      reason: 'nft is not on this machine',
      remedy: 'install it (Debian, Ubuntu: `sudo apt-get install nftables`)',
    }
  const tried = await shell.run("nft 'add table inet probe; delete table inet probe'")
  return tried.code === 0
    ? { can: true, mechanism: 'nft' }
    : {
        can: false,
        reason: `nft does not work in this namespace (${tried.output.split('\n')[0] ?? ''})`,
        remedy: 'load the kernel module nf_tables: `sudo modprobe nf_tables`',
      }
}

/** Whether `ip rule` can tell a port apart there. */
export async function probePolicyRule(shell: Shell): Promise<Probe> {
  const rule = 'ip -4 rule add pref 999 ipproto 6 dport 1 lookup 999 && ip -4 rule del pref 999'
  const { code, output } = await shell.run(`${rule} && ${rule.replaceAll('-4', '-6')}`)
  return code === 0
    ? { can: true, mechanism: 'ip rule' }
    : {
        can: false,
        reason: `this kernel takes no policy rule for a port (${output.split('\n')[0] ?? ''})`,
        remedy: 'use a kernel with CONFIG_IP_MULTIPLE_TABLES and CONFIG_IPV6_MULTIPLE_TABLES, 4.17 or newer',
      }
}
