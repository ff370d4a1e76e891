/** A container's standard streams, over one connection to the engine. */
import { type Duplex, PassThrough, type Readable, type Writable } from 'node:stream'
import type Docker from 'dockerode'

export interface Streams {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** Lets go of the connection, whoever still holds the other end. */
  close(): void
}

/** Attaches before the container starts, so that no line is lost. Its input closes when this runner dies: the engine sees to that. */
export async function attach(container: Docker.Container): Promise<Streams> {
  // A socket, whatever its type says.
  const stream = (await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true })) as Duplex
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  container.modem.demuxStream(stream, stdout, stderr)
  const end = () => {
    stdout.end()
    stderr.end()
  }
  stream.on('error', end) // the engine has gone; whoever waits for the container learns of it
  stream.once('end', end)
  stream.once('close', end)
  return {
    stdin: stream,
    stdout,
    stderr,
    close: () => void stream.destroy(),
  }
}
