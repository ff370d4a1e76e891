/** The command line: `run`, `list`, `validate`, `judge`, `doctor`, `client-check`, `clean`. Only here are signals and exit codes handled. */
import { LabError, messageOf } from '../errors.ts'
import { shippedNames } from '../scenario/library.ts'
import { nearest } from '../scenario/nearest.ts'
import { cleanCommand } from './clean-command.ts'
import { clientCheckCommand } from './client-check-command.ts'
import { doctorCommand } from './doctor-command.ts'
import { exitCodes } from './exit-code.ts'
import { printHelp, printVersion } from './help.ts'
import { judgeCommand } from './judge-command.ts'
import { printList } from './list-command.ts'
import { parseRunOptions } from './options.ts'
import { runCommand } from './run-command.ts'
import { openTerminal, type Terminal } from './terminal.ts'
import { validateCommand } from './validate-command.ts'
import { nothingMore, usage } from './words.ts'

type Command = (args: readonly string[], terminal: Terminal, signal: AbortSignal) => Promise<number>

const commands: Readonly<Record<string, Command>> = {
  run: (args, terminal, signal) => runCommand(parseRunOptions(args), terminal, signal),
  list: (args, terminal) => {
    nothingMore('list', args)
    return printList(terminal)
  },
  validate: (args, terminal) => validateCommand(args, terminal),
  judge: (args, terminal) => judgeCommand(args, terminal),
  doctor: (args, terminal, signal) => {
    nothingMore('doctor', args)
    return doctorCommand(terminal, signal)
  },
  'client-check': (args, terminal, signal) => clientCheckCommand(args, terminal, signal),
  clean: (args, terminal) => cleanCommand(args, terminal),
  help: (_args, terminal) => printHelp(terminal),
  version: (_args, terminal) => printVersion(terminal),
}

/** What still holds the process when all is done, such as a Docker engine that hangs, has so long to end. */
const lingerMs = 1000

/** Runs the command line and sets the exit code; the process then ends by itself. */
export async function main(argv: readonly string[]): Promise<void> {
  const [name = 'help', ...args] = commandLine(argv)
  const terminal = openTerminal(process.env)
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort(new Error(signal)))
  let isUnwritten = false
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    terminal.loseReader(error)
    if (error.code === 'EPIPE' || isUnwritten) return // `| head` has gone away, or it is said already
    isUnwritten = true
    terminal.writeError(`failover-lab: cannot write to standard output: ${error.message}\n`)
    process.exitCode = exitCodes.broken
  })
  process.stderr.on('error', () => {}) // nobody listens any more
  try {
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined
    if (!command) throw await unknownCommand(name)
    if (name === 'run') checkNpmTookNothing(process.env)
    process.exitCode = await command(args, terminal, interrupted.signal)
  } catch (error) {
    if (interrupted.signal.aborted) process.exit(sayInterrupted(error, terminal)) // what can be gone is; what may still be asked of the system must not hold up the end
    const isForNobody = terminal.readerGone.aborted && !(error instanceof LabError)
    process.exitCode = isForNobody ? exitCodes.broken : sayError(error, terminal)
  }
  if (isUnwritten) process.exitCode = exitCodes.broken
  setInterval(() => process.stdout.writableLength === 0 && process.exit(), lingerMs).unref()
}

function commandLine(argv: readonly string[]): readonly string[] {
  if (argv[0] === '--version' || argv[0] === '-v') return ['version']
  return argv.some((arg) => arg === '--help' || arg === '-h') && argv[0] !== 'client-check' ? ['help'] : argv
}

/** What was meant: another command, or the scenario of that name. */
async function unknownCommand(name: string): Promise<LabError> {
  const isScenario = name.endsWith('.yaml') || (await shippedNames()).includes(name)
  const near = nearest(name, Object.keys(commands))
  return usage(
    `There is no command ${name}.`,
    isScenario ? `a scenario is run with \`failover-lab run ${name}\`` : near && `did you mean ${near}?`,
  )
}

/** Without a lone `--`, npm keeps options for itself, and the run would silently be another one. */
function checkNpmTookNothing(env: NodeJS.ProcessEnv): void {
  if (env.npm_lifecycle_event !== 'scenario') return
  const taken = ['client', 'runtime', 'seed', 'repeat', 'jobs', 'reporter', 'journal'].find(
    (option) => env[`npm_config_${option}`],
  )
  if (taken)
    throw new LabError('USAGE', `npm took --${taken} for itself.`, {
      remedy: `put a lone -- before the options: npm run scenario all-down -- --${taken} …`,
    })
}

function sayInterrupted(error: unknown, terminal: Terminal): number {
  const left = error instanceof LabError && error.code === 'LEFT_BEHIND' ? error : undefined
  terminal.writeError(
    left
      ? `${clearLine(terminal)}failover-lab: interrupted. ${left.message}\n${remedyOf(left, terminal)}`
      : `${clearLine(terminal)}failover-lab: interrupted; everything the lab started is gone.\n`,
  )
  return exitCodes.interrupted
}

const clearLine = ({ isLive }: Terminal): string => (isLive ? '\r\x1b[2K' : '')

const remedyOf = (error: unknown, { errorStyle, asTyped }: Terminal): string =>
  error instanceof LabError && error.remedy ? `  ${errorStyle.dim(asTyped(error.remedy))}\n` : ''

function sayError(error: unknown, terminal: Terminal): number {
  terminal.writeError(`${terminal.errorStyle.bad('failover-lab:')} ${messageOf(error)}\n${remedyOf(error, terminal)}`)
  return error instanceof LabError && error.inconclusive ? exitCodes.inconclusive : exitCodes.broken
}

/** For the code cache: what is loaded only when it is used. */
export const warm = async (): Promise<void> => {
  await import('dockerode')
}
