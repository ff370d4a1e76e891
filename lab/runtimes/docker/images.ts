/** The images that the runtime `docker` uses, by what they are for. All are pulled when missing, by these very names. */
export const images = {
  /** Node, which runs the DNS server, the web servers and the Node client. */
  node: 'node:20-bookworm-slim',
  /** nft, ip and tcpdump: network faults. Pulled only for a fault that needs it. */
  tools: 'nicolaka/netshoot:v0.13',
  /** Builds the Go client where this machine has no Go, and with cgo. */
  go: 'golang:1.26-bookworm',
} as const
