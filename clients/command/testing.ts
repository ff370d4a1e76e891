/** For the tests of this folder: the unit as a process, and lines as tcpdump 4.99 wrote them, shortened, with times in ms. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { ClientCommand, ClientEvent } from '../../unit/protocol.ts'
import { type Packet, parsePacket } from './packets.ts'

export const packetsOf = (text: readonly string[]): Packet[] =>
  text.map((line) => {
    const packet = parsePacket(line)
    if (!packet) throw new Error(`No packet: ${line}`)
    return packet
  })

const at = (ms: number) => `1700000000.${String(Math.round(ms * 1000)).padStart(6, '0')}`

/** A packet between the client's port and the server on 127.0.0.1. */
export const toServer = (ms: number, flags: string, length = 0, localPort = 40_050) =>
  `${at(ms)} IP 127.0.0.1.${localPort} > 127.0.0.1.1323: Flags [${flags}], seq 1, win 64, options [nop,nop,TS val 1 ecr 2], length ${length}`
export const toClient = (ms: number, flags: string, length = 0, localPort = 40_050) =>
  `${at(ms)} IP 127.0.0.1.1323 > 127.0.0.1.${localPort}: Flags [${flags}], seq 1, ack 2, win 0, length ${length}`
/** The same on ::1. */
export const toServer6 = (ms: number, flags: string, length = 0) =>
  `${at(ms)} IP6 ::1.55586 > ::1.1323: Flags [${flags}], seq 2637548637, win 65476, options [mss 65476,sackOK], length ${length}`

const asked = (id: number, type: string) => `${at(1)} IP 127.0.0.1.50000 > 127.0.0.1.53: ${id}+ ${type}? ha.lab.test. (29)`
const told = (text: string) => `${at(2)} IP 127.0.0.1.53 > 127.0.0.1.50000: ${text}`

export const lines = {
  lookup: [asked(1, 'A'), told('1*- 2/0/0 A 127.0.0.1, A 127.0.0.2 (61)'), asked(2, 'AAAA'), told('2*- 0/1/0 (80)')],
  nxdomain: [asked(1, 'A'), told('1 NXDomain*- 0/1/0 (80)')],
  nodata: [asked(1, 'A'), told('1*- 0/1/0 (80)'), asked(2, 'AAAA'), told('2*- 0/1/0 (80)')],
  servfail: [asked(1, 'A'), told('1 ServFail- 0/0/0 (29)'), asked(2, 'AAAA')],
  unanswered: [asked(1, 'A'), asked(2, 'AAAA'), told('2*- 0/1/0 (80)')],
  truncated: [asked(1, 'A'), told('1*|- 0/0/0 (29)')],
  late: [told('9*- 1/0/0 A 127.0.0.1 (45)'), asked(1, 'A')],
  refused: [toServer(5, 'S'), toClient(5.1, 'R.')],
  silent: [toServer(5, 'S'), toServer(900, 'S')],
  connected: [toServer(5, 'S'), toClient(5.1, 'S.'), toServer(5.2, '.'), toServer(6, 'P.', 78), toClient(6.1, '.')],
  bytes: [toClient(7, 'P.', 150), toServer(7.1, '.')],
  serverReset: [toClient(8, 'R.')],
  serverFin: [toClient(8, 'F.'), toServer(8.1, 'F.')],
}

/** Runs the unit as the lab does, for these commands; closes its input when the last is answered, or when asked to. */
export async function playUnit(
  words: readonly string[],
  commands: readonly ClientCommand[],
  { env = {}, closeInput }: { readonly env?: NodeJS.ProcessEnv; readonly closeInput?: Promise<unknown> } = {},
) {
  const boot = fileURLToPath(new URL('../../lab/boot.cjs', import.meta.url))
  const child = spawn(process.execPath, [boot, 'client-command', ...words], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, ...env },
    cwd: new URL('.', import.meta.url),
  })
  const events: ClientEvent[] = []
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event: ClientEvent = JSON.parse(line)
    events.push(event)
    const answers = events.filter(({ event: kind }) => kind === 'ready' || kind === 'request-ended').length
    if (answers === commands.length) child.stdin.end()
  })
  child.stdin.on('error', () => {}) // it has ended
  void closeInput?.then(() => child.stdin.end())
  for (const command of commands) child.stdin.write(`${JSON.stringify(command)}\n`)
  const [code] = await once(child, 'close')
  return { code: code as number | null, events, stderr }
}

/** A server that a process can hold a connection to: it learns when that process is there, and when it has ended. */
export async function startWitness() {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const held = once(server, 'connection')
  const gone = held.then(async ([socket]) => {
    socket.resume()
    await once(socket, 'close')
    server.close()
  })
  const hold = `${process.execPath} -e 'require("net").connect(${port}, "127.0.0.1").on("connect", () => console.log("held"))'`
  return { held, gone, hold }
}

export const start: ClientCommand = { command: 'start', settings: {}, dnsServer: { address: '127.0.0.1', port: 53 } }
export const get = (url: string, more: Partial<Extract<ClientCommand, { command: 'request' }>> = {}): ClientCommand => ({
  command: 'request',
  request: 1,
  url,
  method: 'GET',
  timeoutMs: 20_000,
  fresh: false,
  ...more,
})
