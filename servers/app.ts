import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import type { Connection } from './connection.ts'

/** What a request is answered with. Faults change it before it goes out. */
export interface Answer {
  status: number
  headers: Record<string, string>
  body: string
}

/** One request on its connection, and the answer it is about to get. */
export interface Exchange {
  readonly connection: Connection
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly answer: Answer
  /** Prepares the answer. `cut`: there is nothing to send, the connection is gone or going. */
  prepare(): Promise<'send' | 'cut'>
}

export interface App {
  handle(exchange: Exchange): void
}

/**
 * The web application of every address in this process. Any method and any path is answered by the one handler: what
 * a client asks for is not what the lab looks at.
 */
export async function createApp(): Promise<App> {
  const exchanges = new WeakMap<IncomingMessage, Exchange>()
  let route: ((request: IncomingMessage, response: ServerResponse) => void) | undefined
  const app = fastify({
    rewriteUrl: () => '/',
    // Each address has an HTTP server of its own, for its idle timeout: they share this handler.
    serverFactory: (handler) => {
      route = handler
      return createServer(handler) // never listens
    },
  })

  const handler = async (request: FastifyRequest, reply: FastifyReply) => {
    const exchange = exchanges.get(request.raw)
    if (!exchange || (await exchange.prepare()) === 'cut') return reply.hijack()
    const { status, headers, body } = exchange.answer
    return reply.code(status).headers(headers).send(body)
  }
  app.all('/', handler)
  app.setNotFoundHandler(handler) // methods that fastify has no route for
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume().once('end', () => done(null))
  })
  await app.ready()

  return {
    handle(exchange) {
      exchanges.set(exchange.request, exchange)
      route?.(exchange.request, exchange.response)
    },
  }
}
