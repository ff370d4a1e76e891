/** Every way the lab itself can refuse or break, by code; exit code 3 unless noted. docs/errors.md says what to do. */
export const errorCodes = {
  SCENARIO_INVALID: 'a scenario file has problems; each is named with its line and column',
  SCENARIO_UNKNOWN: 'no shipped scenario and no file has that name',
  USAGE: 'the command line is not understood',
  CLIENT_UNKNOWN: 'no client is registered under that name',
  CLIENT_MISSING: 'a client was asked for that this machine cannot run',
  CLIENT_BROKEN: 'the client died, hung, flooded its output or spoke no protocol (the run is inconclusive, exit 2)',
  RUNTIME_UNAVAILABLE: 'the runtime asked for does not work on this machine',
  LAB_BUSY: 'another lab has had the loopback addresses for as long as --timeout',
  LAB_DISTURBED: 'somebody outside the lab has ended a part of it (the run is inconclusive, exit 2)',
  CAPABILITY_MISSING: 'the runtime in use cannot produce what the scenario needs (the run is inconclusive, exit 2)',
  NOT_IN_FORCE: 'a fault was injected but could not be seen in force (the run is inconclusive, exit 2)',
  UNIT_FAILED: 'the DNS server or a web server of the lab could not start or died',
  LEFT_BEHIND: 'containers of a run remain, since their engine does not answer',
  PORT_TAKEN: 'another process holds an address and port the lab needs',
  ADDRESS_MISSING: 'a loopback address does not exist on this machine',
  RUN_TIMEOUT: 'a run took longer than --timeout (the run is inconclusive, exit 2)',
  JOURNAL_UNREADABLE: 'a journal file cannot be read or is no journal of this lab',
  OUTPUT_FAILED: 'a report or journal file cannot be written',
  BUILD_FAILED: 'the Go client cannot be built',
} as const
export type ErrorCode = keyof typeof errorCodes

/** Codes that say what the lab could not see, rather than that it is at fault: the run is inconclusive. */
const inconclusiveCodes: ReadonlySet<ErrorCode> = new Set([
  'CLIENT_BROKEN',
  'LAB_DISTURBED',
  'CAPABILITY_MISSING',
  'NOT_IN_FORCE',
  'RUN_TIMEOUT',
])

/** An error with a code from the table, a message that says what failed, with which value, and a remedy: what to do next. */
export class LabError extends Error {
  override readonly name = 'LabError'
  readonly code: ErrorCode
  readonly remedy: string | undefined

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly remedy?: string | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.remedy = options.remedy
  }

  get inconclusive(): boolean {
    return inconclusiveCodes.has(this.code)
  }
}

/** Any thrown value's message, without a stack. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message || error.name : String(error))
