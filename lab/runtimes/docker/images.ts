/**
 * The images that the runtime `docker` uses, by what they are for. One that the engine has under its name and tag is used
 * as it is; one that is missing is pulled by its digest, so that nobody gets another one.
 */

/** An image's name with its tag, and which of those that ever had this tag it is. */
export interface PinnedImage {
  readonly image: string
  /** Absent for an image of somebody else. */
  readonly digest?: `sha256:${string}`
}

export const images = {
  /** Node, which runs the DNS server, the web servers and the Node client. */
  node: 'node:20.20.2-bookworm-slim',
  /** nft, ip and tcpdump: network faults. Pulled only for a fault that needs it. */
  tools: 'nicolaka/netshoot:v0.13',
  /** Builds the Go client where this machine has no Go, and with cgo. */
  go: 'golang:1.26.8-bookworm',
  /** The client `curl` (lab/clients.ts). */
  curl: 'curlimages/curl:8.10.1',
} as const

export const pins: readonly PinnedImage[] = [
  { image: images.node, digest: 'sha256:2cf067cfed83d5ea958367df9f966191a942351a2df77d6f0193e162b5febfc0' },
  { image: images.tools, digest: 'sha256:a20c2531bf35436ed3766cd6cfe89d352b050ccc4d7005ce6400adf97503da1b' },
  { image: images.go, digest: 'sha256:a688600ca24f8a4d3ca77f95b0dd40704a9fc787c826660eb7ba0b641b8b175d' },
  { image: images.curl, digest: 'sha256:d9b4541e214bcd85196d6e92e2753ac6d0ea699f0af5741f8c6cccbfcf00ef4b' },
]

/** The image of that name, with its digest if it is one of the lab's own. */
export const pinned = (image: string): PinnedImage => pins.find((pin) => pin.image === image) ?? { image }

/** `name@digest`, as an engine pulls it; the tag is not part of that. */
export const pullName = ({ image, digest }: PinnedImage): string =>
  digest === undefined ? image : `${splitTag(image).name}@${digest}`

/** A colon before the last slash is a port's. */
export function splitTag(image: string): { readonly name: string; readonly tag: string } {
  const colon = image.indexOf(':', image.lastIndexOf('/') + 1)
  return colon < 0 ? { name: image, tag: 'latest' } : { name: image.slice(0, colon), tag: image.slice(colon + 1) }
}
