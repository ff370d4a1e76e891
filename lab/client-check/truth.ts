/** Compares what a client reported of one request with what really happened: what was asked for, and what the server saw. */
import type { ClientEvent } from '../../unit/protocol.ts'
import type { PlayResult } from './check.ts'
import type { LittleServer, SeenRequest } from './little-server.ts'
import type { EventLine } from './order.ts'
import type { Play } from './plays.ts'
import type { Mistake, Rule } from './rules.ts'

const bodyShown = 4096
/** A client may look at its clock a little late; a timer may fire a little early. */
const lateMs = 1000

/** Every difference between report and truth. */
export async function reportMistakes(
  play: Play,
  number: number,
  result: PlayResult,
  server: LittleServer,
  closeMs: number,
): Promise<Mistake[]> {
  const mistakes: Mistake[] = []
  const { ended } = result
  const about = (rule: Rule, says: string, line?: EventLine) =>
    mistakes.push({ rule, says: `request ${number} (${play.name}): ${says}`, line })
  if (ended?.event.event !== 'request-ended') {
    about('request', result.programEnded ? `the program ${result.programEnded} before request-ended` : 'no request-ended')
    return mistakes
  }
  const started = result.lines.find(({ event }) => event.event === 'request-started')
  if (!started) about('request', 'no request-started')
  compareResult(play, ended.event, (rule, says) => about(rule, says, ended))
  const head = result.lines.map(({ event }) => event).find((event) => event.event === 'head-received')
  if (head && ended.event.status !== undefined && head.status !== ended.event.status)
    about('result', `head-received says status ${head.status}, request-ended ${ended.event.status}`, ended)
  const tookMs = started ? (ended.event.atUs - started.event.atUs) / 1000 : 0
  if (play.timeoutMs !== undefined && (tookMs > play.timeoutMs + lateMs || tookMs < play.timeoutMs - 50))
    about('limit', `it took ${tookMs.toFixed(0)} ms with a timeoutMs of ${play.timeoutMs}`, ended)

  const seen = server.seen.filter(({ path }) => path === play.path && !play.refusing && play.path !== '/').at(-1)
  if (!seen) {
    if (play.body !== undefined && ended.event.status !== undefined) about('result', 'no such request reached the server', ended)
    return mistakes
  }
  compareRequest(play, seen, server.port, (rule, says) => about(rule, says))
  const used = result.lines.findLast(({ event }) => event.event === 'connection-used')
  if (used) compareConnection(used.event, seen, server.port, (says) => about('connection', says, used))
  if (play.fresh) {
    if (seen.before > 0) about('fresh', 'the server saw it on a connection that had carried a request before', used)
    if (!(await within(seen.closed, closeMs))) about('fresh', `its connection is still open after ${closeMs} ms`, used)
  }
  return mistakes
}

function compareResult(
  play: Play,
  event: Extract<ClientEvent, { event: 'request-ended' }>,
  broken: (rule: Rule, says: string) => void,
): void {
  const { status, body, error } = event
  if (play.errorKinds) {
    if (!error) broken('result', `status ${status} and no error, where it is ${play.errorKinds.join(' or ')}`)
    else if (!play.errorKinds.includes(error.kind))
      broken(
        play.timeoutMs === undefined ? 'result' : 'limit',
        `the error's kind is ${error.kind}, not ${play.errorKinds.join(' or ')} (${error.message})`,
      )
    else if (error.message === '') broken('result', "the error's message, the client's own words, is empty")
    if (error && play.status !== undefined && status !== play.status)
      broken(
        'result',
        `${status === undefined ? 'no status' : `status ${status}`} beside the error, where a head with ${play.status} had come`,
      )
    return
  }
  if (error) broken('result', `it failed (${error.kind}: ${error.message}), where the server answers ${play.status}`)
  else if (status !== play.status) broken('result', `status ${status}, where the server sent ${play.status}`)
  else if (body !== play.body?.slice(0, bodyShown))
    broken('result', `body ${shown(body)}, where the server sent ${shown(play.body)} (the first ${bodyShown} bytes count)`)
}

const shown = (body = ''): string =>
  body.length > 60 ? `${JSON.stringify(body.slice(0, 60))}… of ${body.length} characters` : JSON.stringify(body)

function compareRequest(play: Play, seen: SeenRequest, port: number, broken: (rule: Rule, says: string) => void): void {
  const method = play.method ?? 'GET'
  if (seen.method !== method) broken('request', `the server saw ${seen.method}, not ${method}`)
  const host = `${play.host}:${port}`
  if (seen.host !== host) broken('request', `the server saw the Host ${JSON.stringify(seen.host)}, not ${JSON.stringify(host)}`)
}

function compareConnection(event: ClientEvent, seen: SeenRequest, port: number, broken: (says: string) => void): void {
  if (event.event !== 'connection-used') return
  if (event.localPort !== seen.peerPort)
    broken(`localPort is ${event.localPort}; the server saw it come from port ${seen.peerPort}`)
  if (event.address !== '127.0.0.1' || event.port !== port)
    broken(`${event.address} port ${event.port}; 127.0.0.1 port ${port} served it`)
  if (event.reused !== seen.before > 0)
    broken(`reused is ${event.reused}; the connection had carried ${seen.before} requests before`)
}

async function within(settled: Promise<void>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs)
  })
  return Promise.race([settled.then(() => true), late]).finally(() => clearTimeout(timer))
}
