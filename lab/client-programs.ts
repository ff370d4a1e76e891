/** How each client program is started on this machine, or why it cannot be. */
import { clients } from './clients.ts'
import { LabError } from './errors.ts'
import { findGo, goClient, goMissing } from './go-client.ts'
import { bootArgv } from './paths.ts'
import type { ClientProgram } from './run/run.ts'
import { findProgram } from './runtimes/programs.ts'
import type { ClientVariant } from './scenario/scenario.ts'

export interface MissingProgram {
  readonly reason: string
  readonly remedy: string
}

/** Clients of the user's own, by name: a command line given by the person at the keyboard, never by a file. */
export type OwnClients = ReadonlyMap<string, readonly [string, ...string[]]>

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

/** The command line of a client; builds it where it must be built. */
export async function clientProgram({ client }: ClientVariant, own: OwnClients, onBuild: () => void): Promise<ClientProgram> {
  const argv = own.get(client)
  if (argv) return isCommandLine(argv) ? commandProgram(argv) : { argv, env: {} }
  const registered = clients[client]
  switch (registered?.program) {
    case 'command':
      return commandProgram(registered.words)
    case 'node':
      return { argv: bootArgv('client-node'), env: {} }
    case 'go':
      return { argv: [await goClient(onBuild)], env: {} }
    case undefined:
      throw new LabError('CLIENT_UNKNOWN', `No client is called ${client}.`, {
        remedy: `the lab has ${Object.keys(clients).join(', ')}; one of your own: --client mine='COMMAND'`,
      })
  }
}
