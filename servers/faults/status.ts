import { STATUS_CODES } from 'node:http'
import type { PutInForce } from './fault.ts'

/** Answers a share of the requests with another status; which ones is drawn by the server's seed. */
export const status: PutInForce<'status'> = (fault, { report, draw }) => ({
  detail: `status ${fault.status} is the answer to ${fault.rate === 1 ? 'every request' : `${Number((fault.rate * 100).toPrecision(3))} % of all requests`}`,
  remaining: () => fault,
  meetExchange({ connection, answer }) {
    if (draw() >= fault.rate) return undefined
    report({ event: 'fault-met', peerPort: connection.peerPort, fault: 'status' })
    answer.body = answer.body.replace('Hello', STATUS_CODES[fault.status] ?? String(fault.status))
    answer.status = fault.status
    if (fault.retryAfterS !== undefined) answer.headers['retry-after'] = String(fault.retryAfterS)
    return undefined
  },
  end() {},
})
