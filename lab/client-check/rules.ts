/** The rules of the client protocol that `client-check` can see broken; clients/README.md has the same sentences. */
export const rules = {
  line: 'Standard output carries events and nothing else: one JSON object a line, UTF-8, each with the fields of its table.',
  flood:
    'The output has one line for each thing that happens; a program that writes without end, or only what is no event, is stopped.',
  first: 'The first event answers `start`: `ready`, once, or `unable`.',
  clock:
    '`atUs` is wall-clock time in whole microseconds since 1970; it never runs backwards, and a line is written when it happens.',
  request:
    'A request begins with `request-started` and ends with one `request-ended`; only what goes on in the background comes after it.',
  lookup: 'A `lookup-ended` follows a `lookup-started` of the same request and host, and has the addresses that DNS gave.',
  attempt:
    'An attempt has a number of its own, starts before it ends, ends once, and has ended when a connection is used or every address has failed; it names the address, and each is reported.',
  connection:
    '`connection-used` names the connection that carries the request: its number, its two ends, and whether it carried a request before.',
  closed: 'A connection is closed once, and not used afterwards.',
  fresh: 'A fresh request has a connection of its own, which is closed within a second of the request.',
  result: '`request-ended` says what really came: status and body, or the error by its kind; both if the body broke off.',
  limit: 'A request ends at its `timeoutMs` at the latest, with the error that says what was waited for.',
  dns: 'Names are looked up at `dnsServer`, on its port.',
  end: 'The program ends by itself, with nothing more to say, when its standard input closes, and not before.',
} as const
export type Rule = keyof typeof rules

/** One line of the client's output. */
export interface OutputLine {
  readonly number: number
  readonly text: string
}
/** A rule that was broken, how, and the line that shows it. */
export interface Mistake {
  readonly rule: Rule
  readonly says: string
  readonly line?: OutputLine | undefined
}

/** What cannot be judged where a client never sends the event. */
export const optionalEvents = {
  'lookup-started': 'how long the client looked names up',
  'lookup-ended': 'the addresses as its resolver gave them, and their order',
  'attempt-started': 'attempts: their addresses, order and gaps',
  'attempt-ended': 'the outcome of attempts',
  'connection-used': 'new or reused connections, the client’s own retries, which process served',
  'head-received': 'when the head of a response came',
  'connection-closed': 'a step that closes connections (it waits for the client’s report)',
} as const
export type OptionalEvent = keyof typeof optionalEvents
