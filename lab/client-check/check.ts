/**
 * Checks that a program speaks the client protocol: starts it, has it send requests to servers of its own on loopback,
 * and compares what the program reports with what the servers saw.
 */
import type { ClientCommand, ClientEvent } from '../../unit/protocol.ts'
import { searchPath } from '../runtimes/programs.ts'
import { compareAddresses, failedAttempts } from './addresses.ts'
import { type LittleDns, startLittleDns } from './little-dns.ts'
import { type LittleServer, startLittleServer } from './little-server.ts'
import { type EventLine, orderMistakes } from './order.ts'
import { type Play, plays, zone } from './plays.ts'
import { Program } from './program.ts'
import { type Mistake, type OptionalEvent, optionalEvents } from './rules.ts'
import { reportMistakes } from './truth.ts'

const answerMs = 10_000
const requestMs = 10_000
const graceMs = 2000
const closeMs = 1000

export interface CheckOptions {
  readonly signal: AbortSignal
  /** The whole environment of the program; the one that the lab gives its units if absent. */
  readonly env?: Readonly<Record<string, string>>
  readonly settings?: Extract<ClientCommand, { command: 'start' }>['settings']
  /** 53 inside a namespace whose resolv.conf names 127.0.0.1: for a client whose resolver knows no other port. 0, a free one, if absent. */
  readonly dnsPort?: number
}

export interface CheckReport {
  readonly argv: readonly string[]
  /** What it says of itself. */
  readonly ready?: Pick<Extract<ClientEvent, { event: 'ready' }>, 'client' | 'version' | 'resolver'> | undefined
  /** It cannot run here: neither right nor wrong. */
  readonly unable?: { readonly reason: string; readonly remedy?: string | undefined } | undefined
  readonly mistakes: readonly Mistake[]
  /** Optional events that never came. */
  readonly neverSent: readonly OptionalEvent[]
  readonly plays: number
  /** The end of its standard error, where something is wrong. */
  readonly errorText: string
  readonly passed: boolean
}

/** Plays every request through the program; rejects only when `signal` aborts or the lab's own servers cannot start. */
export async function checkClient(argv: readonly [string, ...string[]], options: CheckOptions): Promise<CheckReport> {
  const { signal, env = { PATH: searchPath(), LC_ALL: 'C.UTF-8', TZ: 'UTC' }, settings = {}, dnsPort = 0 } = options
  const server = await startLittleServer()
  try {
    const dns = await startLittleDns(zone, dnsPort)
    try {
      const program = new Program(argv, env)
      try {
        return await check(argv, program, { server, dns, settings, signal })
      } finally {
        await program[Symbol.asyncDispose]()
      }
    } finally {
      await dns[Symbol.asyncDispose]()
    }
  } finally {
    await server[Symbol.asyncDispose]()
  }
}

interface Bench {
  readonly server: LittleServer
  readonly dns: LittleDns
  readonly settings: NonNullable<CheckOptions['settings']>
  readonly signal: AbortSignal
}

async function check(argv: readonly string[], program: Program, { server, dns, settings, signal }: Bench): Promise<CheckReport> {
  const mistakes: Mistake[] = []
  let played = 0
  const report = (rest: Partial<CheckReport>): CheckReport => {
    const all = [...program.mistakes, ...orderMistakes(program.lines), ...mistakes].sort(
      (a, b) => (a.line?.number ?? 1e9) - (b.line?.number ?? 1e9),
    )
    const kinds = new Set(program.lines.map(({ event }) => event.event))
    const neverSent = (Object.keys(optionalEvents) as OptionalEvent[]).filter((kind) => !kinds.has(kind))
    const { errorText } = program
    return {
      argv,
      mistakes: all,
      neverSent: rest.ready ? neverSent : [],
      plays: played,
      errorText: all.length ? errorText : '',
      passed: all.length === 0 && rest.unable === undefined,
      ...rest,
    }
  }

  program.send({ command: 'start', settings, dnsServer: { address: dns.address, port: dns.port } })
  const unable = async (line: EventLine): Promise<CheckReport> => {
    if (!(await program.ends(graceMs, signal))) mistakes.push({ rule: 'end', says: 'it still runs after `unable`', line })
    const { reason, remedy } = line.event as Extract<ClientEvent, { event: 'unable' }>
    return report({ unable: { reason, remedy } })
  }
  const answer = await program.line(0, ({ event }) => event === 'ready' || event === 'unable', answerMs, signal)
  if (answer?.event.event === 'unable') return unable(answer)
  if (answer?.event.event !== 'ready') {
    mistakes.push({
      rule: 'first',
      says: program.ended
        ? `the program ${program.ended} without an answer to start`
        : `no answer to start within ${answerMs / 1000} s`,
    })
    return report({})
  }
  const { client, version, resolver } = answer.event

  const isOwnNetwork = dns.port === 53 // else other programs fail to connect as well
  for (const [index, play] of plays.entries()) {
    const before = isOwnNetwork ? failedAttempts() : undefined
    const result = await request(play, index + 1, program, server, signal)
    const failed = before === undefined ? undefined : (failedAttempts() ?? before) - before
    played += 1
    const refused = program.lines.find(({ event }) => event.event === 'unable')
    if (refused) return unable(refused)
    mistakes.push(...(await reportMistakes(play, index + 1, result, server, closeMs)))
    const seen = {
      play,
      port: play.refusing ? server.refusingPort : server.port,
      lines: program.lines,
      own: result.lines,
      asked: dns.asked.get(play.host) ?? new Set(),
      failed,
    }
    compareAddresses(seen, (rule, says, line) =>
      mistakes.push({ rule, says: `request ${index + 1} (${play.name}): ${says}`, line }),
    )
    if (program.ended || result.ended === undefined) break // a client that hangs answers nothing further either
  }
  if (played > 0 && !dns.asked.has('healthy.test'))
    mistakes.push({ rule: 'dns', says: `the DNS server at ${dns.address} port ${dns.port} was never asked for healthy.test` })
  await checkEnd(program, mistakes, signal)
  return report({ ready: { client, version, resolver } })
}

/** The lines of one request, and its end where it came. */
export interface PlayResult {
  readonly lines: readonly EventLine[]
  readonly ended: EventLine | undefined
  /** How the program ended, where it did. */
  readonly programEnded: string | undefined
}

async function request(
  play: Play,
  number: number,
  program: Program,
  server: LittleServer,
  signal: AbortSignal,
): Promise<PlayResult> {
  const from = program.lines.length
  const { host, path, method = 'GET', fresh = false, timeoutMs = requestMs } = play
  const url = `http://${host}:${play.refusing ? server.refusingPort : server.port}${path}`
  program.send({ command: 'request', request: number, url, method, timeoutMs, fresh })
  const ended = await program.line(
    from,
    (event) => event.event === 'request-ended' && event.request === number,
    timeoutMs + graceMs,
    signal,
  )
  const lines = program.lines.slice(from).filter(({ event }) => 'request' in event && event.request === number)
  return { lines, ended, programEnded: program.ended }
}

/** Closing the input must end the program, silently but for connections it closes. */
async function checkEnd(program: Program, mistakes: Mistake[], signal: AbortSignal): Promise<void> {
  if (program.ended) {
    mistakes.push({ rule: 'end', says: `the program ${program.ended} while its input was open` })
    return
  }
  const from = program.lines.length
  program.closeInput()
  if (!(await program.ends(graceMs, signal)))
    mistakes.push({ rule: 'end', says: `it still runs ${graceMs / 1000} s after its input was closed` })
  const late = program.lines.slice(from).find(({ event }) => 'request' in event || event.event === 'ready')
  if (late) mistakes.push({ rule: 'end', says: `${late.event.event} after the input was closed`, line: late })
}
