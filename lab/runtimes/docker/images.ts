/**
 * The images that the runtime `docker` uses, by what they are for. One that the engine has under its name and tag is used
 * as it is; one that is missing is pulled by its digest, where that is known, so that nobody gets another one.
 */

/** An image's name with its tag, and which of those that ever had this tag it is. */
export interface PinnedImage {
  readonly image: string
  readonly digest?: `sha256:${string}`
}

export const images = {
  /** Node, which runs the DNS server, the web servers and the Node client. */
  node: 'node:20-bookworm-slim',
  /** nft, ip and tcpdump: network faults. Pulled only for a fault that needs it. */
  tools: 'nicolaka/netshoot:v0.13',
  /** Builds the Go client where this machine has no Go, and with cgo. */
  go: 'golang:1.26-bookworm',
  /** The client `curl` (lab/clients.ts). */
  curl: 'curlimages/curl:8.10.1',
} as const

export const pins: readonly PinnedImage[] = [
  { image: images.node },
  { image: images.tools },
  { image: images.go },
  { image: images.curl },
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
