import { setTimeout as pause } from 'node:timers/promises'
import type { Exchange } from '../app.ts'
import type { Connection } from '../connection.ts'
import type { PutInForce } from './fault.ts'

/** The client must have reported the head before RST: one that comes with it makes fetch report either of two errors. */
const pauseBeforeResetMs = 50

const moments = { accept: 'at accept', before_head: 'before the head', mid_body: 'in mid-body' } as const

/** Aborts connections with RST: as accepted, before the head of a response, or within its body. */
export const reset: PutInForce<'reset'> = (fault, { report }) => {
  if (fault.when === 'accept' && fault.on === 'reused') {
    throw new Error('A reset at accept never meets a reused connection: use when: before_head, or on: any.')
  }
  let left = fault.times ?? Number.POSITIVE_INFINITY

  /** Counts one meeting, unless the fault has ended or does not concern this connection. */
  const meets = ({ answered }: Connection): boolean => {
    if (left <= 0 || (fault.on === 'reused' && answered === 0)) return false
    left--
    return true
  }
  const cut = (connection: Connection) => {
    if (connection.closing) return // the client was faster
    report({ event: 'fault-met', peerPort: connection.peerPort, fault: 'reset' })
    connection.reset()
  }

  return {
    detail: `RST ${moments[fault.when]}, on ${fault.on} connections${fault.times === undefined ? '' : fault.times === 1 ? ', once' : `, ${fault.times} times`}`,
    remaining: () => (left <= 0 ? undefined : { ...fault, times: left === Number.POSITIVE_INFINITY ? undefined : left }),
    meetConnection(connection) {
      if (fault.when !== 'accept' || !meets(connection)) return false
      cut(connection)
      return true
    },
    async meetExchange(exchange) {
      if (fault.when === 'accept') return undefined
      if (fault.when === 'mid_body' && !hasBody(exchange)) return undefined // no body to cut: not met, not counted
      if (!meets(exchange.connection)) return undefined
      if (fault.when === 'mid_body') await sendHalf(exchange)
      cut(exchange.connection)
      return 'cut'
    },
    end: () => {
      left = 0
    },
  }
}

const hasBody = ({ request, answer }: Exchange): boolean => request.method !== 'HEAD' && ![204, 304].includes(answer.status)

/** Sends the head, which promises the whole body, and half of the body; then gives the client time to see the head. */
async function sendHalf({ response, answer }: Exchange): Promise<void> {
  const body = Buffer.from(answer.body)
  response.writeHead(answer.status, { ...answer.headers, 'content-length': body.length })
  const { promise, resolve } = settled()
  response.once('close', resolve) // the client may have gone meanwhile
  response.write(body.subarray(0, body.length >> 1), resolve)
  await promise
  await pause(pauseBeforeResetMs)
}

function settled(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = () => done()
  })
  return { promise, resolve }
}
