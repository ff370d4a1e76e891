/** Images: there already, or pulled with what the engine says of its progress. */
import type Docker from 'dockerode'
import { type Engine, engineWords, statusOf, unavailable } from './engine.ts'
import { type PinnedImage, pinned, pullName, splitTag } from './images.ts'

const pulling = new Map<string, Promise<void>>()

export async function hasImage(docker: Docker, name: string): Promise<boolean> {
  try {
    await docker.getImage(name).inspect()
    return true
  } catch (error) {
    if (statusOf(error) === 404) return false
    throw error
  }
}

/** Sees to it that the image is there; labs that need the same one at once share one pull. */
export async function ensureImage(
  engine: Engine,
  wanted: string | PinnedImage,
  tell: (what: string) => void = () => {},
): Promise<void> {
  const pin = typeof wanted === 'string' ? pinned(wanted) : wanted
  if (await hasImage(engine.docker, pin.image)) return
  const pull =
    pulling.get(pin.image) ??
    pullImage(engine.docker, pin, tell).finally(() => {
      pulling.delete(pin.image)
    })
  pulling.set(pin.image, pull)
  await pull
}

interface PullEvent {
  readonly id?: string
  readonly progressDetail?: { readonly current?: number; readonly total?: number }
}

async function pullImage(docker: Docker, pin: PinnedImage, tell: (what: string) => void): Promise<void> {
  const { image: name } = pin
  const layers = new Map<string, { readonly current: number; readonly total: number }>()
  tell(`pulling ${name}`)
  try {
    const stream = await docker.pull(pullName(pin))
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(
        stream,
        (error: Error | null) => (error ? reject(error) : resolve()),
        ({ id, progressDetail: detail }: PullEvent) => {
          if (id === undefined || detail?.current === undefined || detail.total === undefined) return
          layers.set(id, { current: detail.current, total: detail.total })
          tell(`pulling ${name} ${bar([...layers.values()])}`)
        },
      )
    })
    if (pin.digest === undefined) return
    const { name: repo, tag } = splitTag(name)
    await docker.getImage(pullName(pin)).tag({ repo, tag })
  } catch (cause) {
    throw unavailable(
      `the image ${name} is not on the engine and cannot be pulled (${engineWords(cause)})`,
      `where there is a network: \`docker pull ${name} && docker save ${name} > image.tar\`; here: \`docker load < image.tar\``,
      cause,
    )
  }
}

/** `[#####-----] 12 of 40 MB`, of the layers begun so far. */
function bar(layers: readonly { readonly current: number; readonly total: number }[]): string {
  const sum = (pick: (layer: { current: number; total: number }) => number) =>
    layers.reduce((total, layer) => total + pick(layer), 0)
  const [current, total] = [sum((layer) => layer.current), sum((layer) => layer.total)]
  const filled = total === 0 ? 0 : Math.round((current / total) * 20)
  const mega = (bytes: number) => Math.round(bytes / 1e6)
  return `[${'#'.repeat(filled)}${'-'.repeat(20 - filled)}] ${mega(current)} of ${mega(total)} MB`
}
