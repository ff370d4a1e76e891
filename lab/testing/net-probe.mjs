// Looks at the network it is started in: a command a line, an answer a line. Only for tests.
import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import { createInterface } from 'node:readline'

const answer = (value) => process.stdout.write(`${JSON.stringify(value)}\n`)
const kept = []
const does = {
  listen({ address, port }) {
    const server = createServer((socket) => socket.on('data', (data) => socket.write(data)).on('error', () => {}))
    server.listen(port, address, () => answer('listening'))
  },
  /** How a connect ends: `connected`, the error's code, or `silence`. */
  connect({ address, port, waitMs }) {
    const socket = connect({ host: address, port })
    const silence = setTimeout(() => end('silence'), waitMs)
    const end = (how) => {
      clearTimeout(silence)
      if (how === 'connected') kept.push(socket)
      else socket.destroy()
      answer(how)
    }
    socket.on('connect', () => end('connected')).on('error', (error) => end(error.code))
  },
  /** Whether the first kept connection still carries data. */
  echo({ waitMs }) {
    const [socket] = kept
    const silence = setTimeout(() => answer('silence'), waitMs)
    socket.once('data', () => {
      clearTimeout(silence)
      answer('echo')
    })
    socket.write('x')
  },
  read: ({ path }) => answer(readFileSync(path, 'utf8')),
  interfaces: () => answer(Object.keys(networkInterfaces())),
  hostname: () => answer(hostname()),
}
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const command = JSON.parse(line)
    does[command.command](command)
  })
  .on('close', () => process.exit(0))
