/** `failover-lab clean`: removes what runs in containers have left behind; those of living runners stay. */
import { LabError } from '../errors.ts'
import { exitCodes } from './exit-code.ts'
import type { Terminal } from './terminal.ts'

export async function cleanCommand(args: readonly string[], { write }: Terminal): Promise<number> {
  const unknown = args.find((arg) => arg !== '--all')
  if (unknown !== undefined)
    throw new LabError('USAGE', `\`clean\` does not know ${unknown}.`, {
      remedy: 'it takes --all: what may belong to a living run as well',
    })
  const { connectEngine, engineError } = await import('../runtimes/docker/engine.ts')
  const { sweep } = await import('../runtimes/docker/leftovers.ts')
  const engine = await connectEngine()
  const { containers, volumes, left } = await sweep(engine, { all: args.includes('--all') }).catch((error: unknown) => {
    throw engineError(error, engine.where)
  })
  write(`Removed ${count(containers, 'container')} and ${count(volumes, 'volume')} of runs that have ended.\n`)
  if (left > 0)
    write(`${count(left, 'run')} may be under way, perhaps on another machine, and stay: \`clean --all\` ends them as well.\n`)
  return exitCodes.pass
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`
