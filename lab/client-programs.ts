/** How each client program is started on this machine, or why it cannot be. */
import { clients } from './clients.ts'
import { LabError } from './errors.ts'
import { findGo, goClient, goMissing } from './go-client.ts'
import { bootArgv, filesAmong } from './paths.ts'
import type { ClientProgram } from './run/run.ts'
import { findProgram } from './runtimes/programs.ts'
import type { ClientTarget } from './runtimes/runtime.ts'
import type { ClientVariant } from './scenario/scenario.ts'

export interface MissingProgram {
  readonly reason: string
  readonly remedy: string
}

/** Clients of the user's own, by name: a command line given by the person at the keyboard, never by a file. */
export type OwnClients = ReadonlyMap<string, readonly [string, ...string[]]>

/** Images that clients run in, by the client's name: given on the command line as well. */
export type ClientImages = ReadonlyMap<string, string>

/** Where clients run, if that is not this machine: in containers. */
export interface ClientPlace {
  readonly target: ClientTarget
  readonly images: ClientImages
}

/** What a client lacks in a container; its image is pulled, and Go is an image too. */
export function missingInContainer({ client }: ClientVariant, own: OwnClients, images: ClientImages): MissingProgram | undefined {
  const registered = clients[client]
  if (own.has(client) || images.has(client) || registered?.program !== 'command' || registered.image) return undefined
  return { reason: `the lab knows no image with ${client}`, remedy: `name one: --client-image ${client}=IMAGE` }
}

/** What this machine lacks for a client; undefined if nothing. */
export function missingProgram({ client }: ClientVariant, own: OwnClients): MissingProgram | undefined {
  if (own.has(client)) return undefined
  const registered = clients[client]
  if (registered?.program === 'go') return findGo() ? undefined : goMissing
  if (registered?.program !== 'command' || findProgram(registered.words[0])) return undefined
  const [program] = registered.words
  return {
    reason: `there is no ${program} on this machine`,
    remedy: `install it (Debian, Ubuntu: \`sudo apt-get install ${program}\`)`,
  }
}

/** A command line that names the URL is run once for each request; any other speaks the client protocol. */
const isCommandLine = (words: readonly string[]): boolean => words.some((word) => /\{(?:url|host)\}/.test(word))

const commandProgram = (words: readonly string[]): ClientProgram => ({
  argv: bootArgv('client-command', ...words),
  env: {},
  observed: true,
})

/** The command line of a client; builds it where it must be built, which the signal ends. */
export async function clientProgram(
  variant: ClientVariant,
  own: OwnClients,
  onBuild: () => void,
  signal: AbortSignal,
  place?: ClientPlace,
): Promise<ClientProgram> {
  const { client } = variant
  const argv = own.get(client)
  if (argv) return inPlace(isCommandLine(argv) ? commandProgram(argv) : { argv, env: {} }, client, place)
  const registered = clients[client]
  switch (registered?.program) {
    case 'command':
      return inPlace(commandProgram(registered.words), client, place)
    case 'node':
      return { argv: bootArgv('client-node'), env: {} }
    case 'go': {
      const program = await goClient(
        onBuild,
        signal,
        place && { ...place, cgo: variant.settings.resolver === 'cgo' || registered.settings.resolver === 'cgo' },
      )
      return { argv: [program], env: {}, carries: [program] }
    }
    case undefined:
      throw new LabError('CLIENT_UNKNOWN', `No client is called ${client}.`, {
        remedy: `the lab has ${Object.keys(clients).join(', ')}; one of your own: --client mine='COMMAND'`,
      })
  }
}

/** In a container the image is the client's, and files of this machine that the command line names are brought there. */
function inPlace(program: ClientProgram, client: string, place: ClientPlace | undefined): ClientProgram {
  if (!place) return program
  const registered = clients[client]
  const image = place.images.get(client) ?? (registered?.program === 'command' ? registered.image : undefined)
  return { ...program, carries: filesAmong(program.argv), ...(image !== undefined && { image }) }
}
