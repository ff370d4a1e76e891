/**
 * Any command line as a client under test: run once for each request, and observed from outside. It speaks the client's
 * half of the unit protocol for a program that knows nothing of it. Started with the command's words as arguments, and
 * COMMAND_HOME and COMMAND_PACKETS in the environment, where the lab has them.
 */
import { basename } from 'node:path'
import { type Channel, openChannel } from '../../unit/channel.ts'
import { nowUs } from '../../unit/clock.ts'
import type { ClientCommand, ClientEvent } from '../../unit/protocol.ts'
import { Capture } from './capture.ts'
import { ConnectionNumbers, connectionsOf, eventsOf } from './connections.ts'
import { errorOf, type Seen } from './errors.ts'
import { lookupOf } from './lookup-seen.ts'
import { asksFor, fillIn } from './placeholders.ts'
import { runCommand } from './run-command.ts'
import { versionOf } from './version.ts'

type Request = Extract<ClientCommand, { command: 'request' }>

/** A command that is told its time limit may use it up before it is killed. */
const ownTimeoutGraceMs = 1000
/** As a shell ends that does not find the program. */
const notFound = 127

/** Runs the unit on standard input and output. */
export function main(words: readonly string[]): void {
  const env = commandEnv(process.env)
  const numbers = new ConnectionNumbers()
  let capture: Capture | undefined
  openChannel<ClientCommand, ClientEvent>(async (command, channel) => {
    switch (command.command) {
      case 'start': {
        const refused = refusal(command)
        if (refused) return refuse(channel, refused.reason, refused.remedy)
        const [program = ''] = words
        const found = await versionOf(program, env)
        if ('missing' in found) return giveUp(`${program}: ${found.missing}`, notFound)
        const { COMMAND_PACKETS } = process.env
        if (COMMAND_PACKETS) capture = await Capture.open(COMMAND_PACKETS).catch(giveUp)
        const client = basename(program)
        return channel.emit({ event: 'ready', atUs: nowUs(), client, version: found.version, resolver: 'system' })
      }
      case 'request':
        return send(words, command, env, capture, numbers, channel).catch(giveUp)
      default:
        throw new Error(`Unknown command ${JSON.stringify(command satisfies never)}.`)
    }
  })
}

async function send(
  words: readonly string[],
  command: Request,
  env: Readonly<Record<string, string>>,
  capture: Capture | undefined,
  numbers: ConnectionNumbers,
  channel: Channel<ClientEvent>,
): Promise<void> {
  const { request, method, timeoutMs } = command
  if (method !== 'GET' && !asksFor(words, '{method}'))
    throw new Error(`This request is a ${method}, and the command line has no {method}.`)
  await capture?.take() // what is left of the request before
  const ownTimeout = asksFor(words, '{timeout_s}', '{timeout_ms}')
  channel.emit({ event: 'request-started', atUs: nowUs(), request })
  const end = await runCommand(fillIn(words, command), { timeMs: timeoutMs + (ownTimeout ? ownTimeoutGraceMs : 0), env })
  const packets = await capture?.take()
  const seen: Seen | undefined = packets && { connections: connectionsOf(packets), lookup: lookupOf(packets) }
  for (const event of eventsOf(request, seen?.connections ?? [], end.endedUs, numbers)) channel.emit(event)
  const error = errorOf(words[0] ?? '', end, timeoutMs, seen)
  const result = error ? { error } : end.stdout === '' ? {} : { body: end.stdout } // no output: the body is not known
  channel.emit({ event: 'request-ended', atUs: end.endedUs, request, ...result })
}

/** What the lab cannot know must not be judged: the unit ends with its reason, once its events are written. */
function giveUp(error: unknown, code = 1): Promise<never> {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  setImmediate(() => process.stdout.write('', () => process.exit(code)))
  return new Promise(() => {}) // no further command is read
}

/** Complete, and nothing of the user's own; by its marks (FAILOVER_LAB…) the lab finds what is left of a command. */
function commandEnv(own: NodeJS.ProcessEnv): Record<string, string> {
  const passed = Object.entries(own).filter(([name]) => /^(PATH|LC_ALL|TZ|FAILOVER_LAB\w*)$/.test(name))
  return { ...Object.fromEntries(passed.map(([name, value]) => [name, value ?? ''])), HOME: own.COMMAND_HOME ?? '/nonexistent' }
}

function refusal({ settings, dnsServer }: Extract<ClientCommand, { command: 'start' }>) {
  const [setting] = Object.keys(settings)
  if (setting !== undefined)
    return {
      reason: `a command client has no settings, such as ${setting}`,
      remedy: 'write them as options into its command line',
    }
  if (dnsServer.port === 53) return undefined
  return {
    reason: `a command asks the system's resolver, which asks port 53, and the DNS server is on port ${dnsServer.port}`,
    remedy: 'run with --runtime netns (`failover-lab doctor` says what this machine needs for it)',
  }
}

function refuse(channel: Channel<ClientEvent>, reason: string, remedy: string): void {
  channel.emit({ event: 'unable', atUs: nowUs(), reason, remedy })
  setImmediate(() => process.stdout.write('', () => process.exit(1)))
}
