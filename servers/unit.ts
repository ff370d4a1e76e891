/**
 * The web server unit. Without arguments it serves any number of addresses in this process; `supervised` makes it a small
 * parent that can hot-restart its server, and starts this file again as `generation N`.
 */
import { writeSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openChannel } from '../unit/channel.ts'
import type { ServerCommand } from '../unit/protocol.ts'
import type { Emitted } from './commands.ts'

/** Runs the unit until its input closes. */
export async function main(args: readonly string[]): Promise<void> {
  const [role, number] = args
  switch (role) {
    case undefined:
      return serve()
    case 'supervised': {
      const [{ supervise }, { startLineLike }] = await Promise.all([import('./supervisor.ts'), import('./generation-process.ts')])
      return supervise(startLineLike(args))
    }
    case 'generation': {
      const { runGeneration } = await import('./generation.ts')
      return runGeneration(Number(number))
    }
    default:
      throw new Error(`The web server knows no argument "${role}": give none, or "supervised".`)
  }
}

/** Exercises the unit for V8's code cache. */
export const warm = async (): Promise<void> => (await import('./warm.ts')).warm()

/** Serves in this process. The code loads while the first command is on its way. */
function serve(): void {
  const loaded = Promise.all([import('./commands.ts'), import('./app.ts')])
  const servers = loaded.then(([{ Servers }, { createApp }]) => new Servers(createApp(), (event) => channel.emit(event)))
  const channel = openChannel<ServerCommand, Emitted>(async (command) => {
    try {
      await (await servers).carryOut(command)
    } catch (error) {
      await nextTurn() // the events are out
      writeSync(2, `${error instanceof Error ? error.message : String(error)}\n`)
      process.exit(1)
    }
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) void main(process.argv.slice(2))
