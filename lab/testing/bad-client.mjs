// A client that misbehaves in one way: node bad-client.mjs KIND. Only for tests.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

const kind = process.argv[2]
const emit = (event, fields) =>
  process.stdout.write(
    `${JSON.stringify({ event, atUs: Math.round((performance.timeOrigin + performance.now()) * 1000), ...fields })}\n`,
  )
const forever = () => setInterval(() => {}, 1000)
const ready = () => emit('ready', { client: 'bad', version: '1', resolver: 'none' })

const onRequest = {
  dies(request) {
    emit('request-started', { request })
    process.stderr.write('it hurts\n')
    process.exitCode = 7
    process.stdin.destroy()
  },
  /** Ends, and leaves a process behind that keeps its output open. */
  orphans(request) {
    onRequest.dies(request)
  },
  regrets(request) {
    emit('request-started', { request })
    emit('unable', { reason: 'the moon is full', remedy: 'wait' })
    process.exitCode = 1
    process.stdin.destroy()
  },
  mute() {},
  halts: (request) => emit('request-started', { request }),
  misdates(request) {
    process.stdout.write(`${JSON.stringify({ event: 'request-started', atUs: Date.now(), request })}\n`)
  },
  floods(request) {
    emit('request-started', { request })
    const atUs = () => Math.round((performance.timeOrigin + performance.now()) * 1000)
    const lines = () => `${JSON.stringify({ event: 'connection-closed', atUs: atUs(), connection: 1 })}\n`.repeat(1000)
    const more = () => process.stdout.write(lines(), more)
    more()
  },
  pours() {
    const more = () => process.stdout.write('x'.repeat(65_536), more)
    more()
  },
  /** Only what must be said; it asks nobody. */
  terse(request) {
    emit('request-started', { request })
    emit('request-ended', { request, status: 200 })
  },
  /** Ends a while after it has answered. */
  leaves(request) {
    onRequest.terse(request)
    setTimeout(() => process.exit(7), 500)
  },
  silent: (request) => emit('request-ended', { request, status: 200 }),
}

if (kind === 'rubbish') {
  process.stdout.write('Listening on \u001b[31mport 3000\n')
  forever()
} else if (kind === 'crashes') {
  process.stderr.write('Cannot find module "left-pad"\n')
  process.exit(9)
} else if (kind === 'waits') forever()
else {
  if (kind === 'stubborn') {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => {})
    forever()
  }
  if (kind === 'daemon') {
    spawn('sleep', ['600'], { stdio: 'ignore', detached: true }).unref() // a session of its own
    forever()
  }
  if (kind === 'orphans' || kind === 'abandons')
    spawn('sleep', ['600'], { stdio: ['ignore', 'inherit', 'inherit'], detached: true }).unref() // it holds the pipes
  const answer = onRequest[kind] ?? onRequest.halts
  createInterface({ input: process.stdin }).on('line', (line) => {
    const { command, request } = JSON.parse(line)
    if (command === 'start') ready()
    else answer(request)
  })
}
