/** Stands before a Docker engine and refuses some of what is asked of it, as an engine on another machine would. */
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { connect } from 'node:net'

export interface EngineProxy {
  readonly refused: readonly string[]
  close(): void
}

/** `refuse` sees each request's path and body, and gives the engine's words if it says no. */
export async function engineProxy(
  socket: string,
  engine: string,
  refuse: (path: string, body: string) => string | undefined,
): Promise<EngineProxy> {
  const refused: string[] = []
  const server = createServer(async (incoming, answer) => {
    const parts: Buffer[] = []
    for await (const part of incoming) parts.push(part as Buffer)
    const body = Buffer.concat(parts)
    const { url: path = '', method, headers } = incoming
    const words = refuse(path, body.toString())
    if (words !== undefined) {
      refused.push(path)
      answer.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ message: words }))
      return
    }
    const onward = request({ socketPath: engine, path, method, headers }, (back) => {
      answer.writeHead(back.statusCode ?? 500, back.headers)
      answer.flushHeaders()
      back.pipe(answer)
    })
    onward.on('error', () => answer.destroy())
    onward.end(body)
  })
  // A container's streams: from here on both sides only pass on what they get.
  server.on('upgrade', ({ method, url, rawHeaders }, near, head) => {
    const lines = rawHeaders.flatMap((word, index) => (index % 2 === 0 ? [`${word}: ${rawHeaders[index + 1]}`] : []))
    const far = connect(engine, () => {
      // In one piece: an engine forgets what came with the headers, such as the end of an empty body, and takes the rest as input.
      far.write(Buffer.concat([Buffer.from(`${[`${method} ${url} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n`), head]))
      near.pipe(far).pipe(near)
    })
    near.on('error', () => far.destroy())
    far.on('error', () => near.destroy())
  })
  server.listen(socket)
  await once(server, 'listening')
  return {
    refused,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
