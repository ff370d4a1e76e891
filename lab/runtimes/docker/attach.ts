/** A container's standard streams, over one connection to the engine. */
import { type Duplex, PassThrough, type Readable, type Writable } from 'node:stream'
import type Docker from 'dockerode'

export interface Streams {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** Settles when the engine has ended the connection: the container has ended, or the engine itself has. */
  readonly ended: Promise<void>
  /** Lets go of the connection, whoever still holds the other end. */
  close(): void
}

/** Attaches before the container starts, so that no line is lost. Its input closes when this runner dies: the engine sees to that. */
export async function attach(container: Docker.Container): Promise<Streams> {
  // A socket, whatever its type says.
  const stream = (await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true })) as Duplex
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  container.modem.demuxStream(stream, stdout, stderr)
  const ended = new Promise<void>((resolve) => {
    const end = () => {
      stdout.end()
      stderr.end()
      resolve()
    }
    stream.on('error', end)
    stream.once('end', end)
    stream.once('close', end)
  })
  return {
    stdin: stream,
    stdout,
    stderr,
    ended,
    close: () => void stream.destroy(),
  }
}
