import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { AppliedEvent, DnsCommand, DnsEvent, FailedEvent, FlushedEvent } from '../unit/protocol.ts'
import { query } from './testing/messages.ts'
import { askUdp, patienceMs, udpSocket } from './testing/running-server.ts'

type Event = DnsEvent | AppliedEvent | FailedEvent | FlushedEvent
const boot = fileURLToPath(new URL('../lab/boot.cjs', import.meta.url))

class Unit {
  readonly process: ChildProcessWithoutNullStreams
  readonly #lines: AsyncIterator<string>
  stderr = ''
  constructor(context: TestContext) {
    this.process = spawn(process.execPath, [boot, 'dns-unit'])
    context.after(() => this.process.kill('SIGKILL'))
    this.process.stderr.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString()
    })
    this.#lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]()
  }

  tell(command: DnsCommand): void {
    this.process.stdin.write(`${JSON.stringify(command)}\n`)
  }

  async next(): Promise<Event> {
    const { value, done } = await this.#lines.next()
    assert.ok(!done, `the unit ended: ${this.stderr}`)
    return JSON.parse(value) as Event
  }

  async ended(): Promise<number | null> {
    const [code] = (await once(this.process, 'close', { signal: AbortSignal.timeout(patienceMs) })) as [number | null]
    return code
  }
}

const listen = (port = 0): DnsCommand => ({
  command: 'listen',
  address: '127.0.0.1',
  port,
  seed: 1,
  zone: { 'ha.lab.test': { A: { addresses: ['127.0.0.1'] } } },
})

test('the unit listens, tells each query, applies a zone, refuses a bad one, flushes, and ends with its input', async (context) => {
  const unit = new Unit(context)
  unit.tell(listen())
  const listening = await unit.next()
  assert.ok(listening.event === 'listening' && listening.port > 0)
  const socket = await udpSocket(context, listening.port)

  assert.deepEqual((await askUdp(socket, query('ha.lab.test'))).addresses, ['127.0.0.1'])
  const first = await unit.next()
  assert.ok(first.event === 'query' && first.query === 1 && first.answer?.rcode === 'NOERROR')

  unit.tell({
    command: 'zone',
    id: 5,
    zone: { 'ha.lab.test': { A: { addresses: ['127.0.0.2'] }, AAAA: { fault: 'silent' }, order: 'rotated' } },
  })
  const applied = await unit.next()
  assert.ok(applied.event === 'applied' && applied.id === 5)
  assert.equal(applied.detail, 'ha.lab.test: A 127.0.0.2, AAAA silent, rotated')
  assert.deepEqual((await askUdp(socket, query('ha.lab.test'))).addresses, ['127.0.0.2'])
  assert.equal((await unit.next()).event, 'query')

  unit.tell({ command: 'zone', id: 6, zone: { 'ha.lab.test': { A: { addresses: ['8.8.8.8'] } }, 'example.com': {} } })
  const failed = await unit.next()
  assert.ok(failed.event === 'failed' && failed.id === 6)
  assert.match(failed.reason, /8\.8\.8\.8.*; example\.com is not under \.test/)
  assert.deepEqual((await askUdp(socket, query('ha.lab.test'))).addresses, ['127.0.0.2'])
  assert.equal((await unit.next()).event, 'query')

  unit.tell({ command: 'flush', id: 7 })
  const flushed = await unit.next()
  assert.ok(flushed.event === 'flushed' && flushed.id === 7)
  const ended = unit.ended()
  unit.process.stdin.end()
  assert.deepEqual([await ended, unit.stderr], [0, ''])
})

test('a flush comes after the events of the queries that were sent before it, though the unit had no time to read them', async (context) => {
  const unit = new Unit(context)
  unit.tell(listen())
  const listening = await unit.next()
  assert.ok(listening.event === 'listening')
  const socket = await udpSocket(context, listening.port)
  unit.process.kill('SIGSTOP')
  const sent = Array.from(
    { length: 150 },
    (_, id) => new Promise((resolve) => socket.send(query('ha.lab.test', { id }), resolve)),
  )
  await Promise.all(sent)
  unit.tell({ command: 'flush', id: 1 })
  unit.process.kill('SIGCONT')
  const events: string[] = []
  do events.push((await unit.next()).event)
  while (events.at(-1) !== 'flushed')
  assert.equal(events.length, 151)
})

test('a busy port ends the unit with its address, port and code', async (context) => {
  const holder = createSocket('udp4').bind(0, '127.0.0.1')
  context.after(() => holder.close())
  await once(holder, 'listening')
  const { port } = holder.address()
  const unit = new Unit(context)
  const ended = unit.ended()
  unit.tell(listen(port))
  assert.equal(await ended, 1)
  assert.match(
    unit.stderr,
    new RegExp(`^Cannot bind DNS server 127\\.0\\.0\\.1:${port} \\(EADDRINUSE\\)\\. Another process holds this port`),
  )
})
