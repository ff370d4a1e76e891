import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** A unit's end of its channel: commands in, events out. `T` is the unit's own event type. */
export interface Channel<Event> {
  /** Queues one event; events of one turn of the event loop go out in one write. */
  emit(event: Event): void
  /** As `emit`, for an event that is already one line of JSON (without the line feed). */
  emitLine(line: string): void
}

/**
 * Opens the channel on standard input and output and hands each command to `onCommand`, one at a time and in order.
 * When the input closes, the process ends: nothing of the lab outlives the lab.
 */
export function openChannel<Command, Event>(
  onCommand: (command: Command, channel: Channel<Event>) => void | Promise<void>,
): Channel<Event> {
  let pending: string[] = []
  const flush = () => {
    const text = pending.join('')
    pending = []
    process.stdout.write(text)
  }
  const channel: Channel<Event> = {
    emit: (event) => channel.emitLine(JSON.stringify(event)),
    emitLine(line) {
      if (pending.push(`${line}\n`) === 1) setImmediate(flush)
    },
  }
  let last: Promise<void> = Promise.resolve()
  const lines = createInterface({ input: process.stdin })
  lines.on('line', (line) => {
    if (line === '') return
    last = last.then(() => onCommand(JSON.parse(line) as Command, channel)).catch(die)
  })
  lines.on('close', () => process.exit(0))
  process.stdout.on('error', () => process.exit(0)) // the lab is gone
  return channel
}

/** Ends the unit with its reason on standard error, written before anything else can happen. */
function die(error: unknown): never {
  writeSync(2, `${error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(1)
}
