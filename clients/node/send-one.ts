import type { ClientError } from '../../unit/protocol.ts'
import { describeError } from './errors.ts'
import type { HttpClient, Request, Response } from './http-client.ts'
import type { Progress, SocketWatch } from './sockets.ts'

/** Sends one request under its time limit. A failure of the request is a result; what its sockets did is reported by then. */
export async function sendOne(
  command: Request,
  client: HttpClient,
  sockets: SocketWatch,
): Promise<Partial<Response> & { readonly error?: ClientError }> {
  const { request, timeoutMs, fresh } = command
  const progress: Progress = {
    request,
    lookups: 0,
    sockets: new Set(),
    used: undefined,
    headReceived: false,
    status: undefined,
    body: '',
  }
  const signal = AbortSignal.timeout(timeoutMs)
  sockets.current = progress
  const result = await client.send(command, progress, signal).catch((error: unknown) => ({
    ...(progress.status === undefined ? {} : { status: progress.status }),
    ...(progress.body === '' ? {} : { body: progress.body }),
    error: describeError(error, {
      lookingUp: progress.lookups > 0,
      connectionUsed: progress.used !== undefined,
      headReceived: progress.headReceived,
      socketReset: sockets.wasReset(progress),
      timedOut: signal.aborted,
    }),
  }))
  await sockets.settle(progress, fresh)
  return result.body === undefined ? result : { ...result, body: beginningOf(result.body) }
}

const bodyShown = 4096

function beginningOf(body: string): string {
  return body.length * 3 <= bodyShown ? body : Buffer.from(body).subarray(0, bodyShown).toString()
}
