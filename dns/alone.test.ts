import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { query } from './testing/messages.ts'
import { askUdp, patienceMs, udpSocket } from './testing/running-server.ts'

const run = promisify(execFile)
const boot = fileURLToPath(new URL('../lab/boot.cjs', import.meta.url))
const command = (args: readonly string[]) => [boot, 'dns-alone', ...args]

/** Starts the server, and returns its lines one by one. */
function start(context: TestContext, args: readonly string[]) {
  const server = spawn(process.execPath, command(args), { stdio: ['ignore', 'pipe', 'pipe'] })
  context.after(() => server.kill('SIGKILL'))
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]()
  const ended = once(server, 'close', { signal: AbortSignal.timeout(patienceMs) })
  ended.catch(() => {})
  return {
    async line(): Promise<string> {
      const { value, done } = await lines.next()
      assert.ok(!done, 'the server ended')
      return value
    },
    async interrupt(): Promise<unknown> {
      server.kill('SIGINT')
      const [code] = (await ended) as [number]
      return code
    },
  }
}

/** Runs it to its end, which must come by itself. */
async function fail(args: readonly string[]): Promise<{ readonly code: unknown; readonly stderr: string }> {
  const outcome = await run(process.execPath, command(args), { timeout: patienceMs }).catch((error: unknown) => error)
  assert.ok(outcome instanceof Error && 'code' in outcome && 'stderr' in outcome)
  return { code: outcome.code, stderr: String(outcome.stderr) }
}

test('without a zone it serves ha.lab.test, prints a line for a query, and ends with 130 on Ctrl-C', async (context) => {
  const server = start(context, ['--port', '0', '--seed', '7'])
  const port = Number(/^DNS server on 127\.0\.0\.1 port (\d+), UDP and TCP, seed 7$/.exec(await server.line())?.[1])
  assert.equal(await server.line(), '  ha.lab.test: A 127.0.0.1 127.0.0.2 127.0.0.3, shuffled, at most 2')
  assert.match(await server.line(), new RegExp(`^Try: dig @127\\.0\\.0\\.1 -p ${port} ha\\.lab\\.test A `))
  const { addresses } = await askUdp(await udpSocket(context, port), query('ha.lab.test'))
  assert.equal(addresses.length, 2)
  assert.match(
    await server.line(),
    new RegExp(`^\\d\\d:\\d\\d:\\d\\d\\.\\d{6} #1 ha\\.lab\\.test A udp → ${addresses.join(', ')}$`),
  )
  const code = server.interrupt()
  assert.equal(await server.line(), 'Stopped after 1 query.')
  assert.equal(await code, 130)
})

test('--json prints events', async (context) => {
  const server = start(context, ['--port', '0', '--json'])
  const listening: unknown = JSON.parse(await server.line())
  assert.ok(
    typeof listening === 'object' && listening && 'port' in listening && 'event' in listening && listening.event === 'listening',
  )
  await askUdp(await udpSocket(context, Number(listening.port)), query('x.test'))
  assert.match(await server.line(), /^\{"event":"query".*"rcode":"NXDOMAIN"/)
  assert.equal(await server.interrupt(), 130)
})

test('dig reads its answers: shuffled, aliased, truncated then whole over TCP', async (context) => {
  const dig = (...args: string[]) => run('dig', ['+tries=1', '+time=5', ...args]).then(({ stdout }) => stdout)
  if (
    !(await dig('-v').then(
      () => true,
      () => false,
    ))
  )
    return context.skip('dig is not installed')
  const folder = mkdtempSync(join(tmpdir(), 'zone-'))
  context.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'zone.yaml')
  writeFileSync(
    file,
    'ha.lab.test: { A: [127.0.0.4, 127.0.0.5], AAAA: { addresses: ["::1"], fault: truncated }, ttl: 30s }\nwww.lab.test: { CNAME: ha.lab.test }\n',
  )
  const server = start(context, ['--zone', file, '--port', '0'])
  const port = /port (\d+)/.exec(await server.line())?.[1] ?? ''
  const at = ['@127.0.0.1', '-p', port]
  assert.equal(await dig(...at, '+short', 'www.lab.test', 'A'), 'ha.lab.test.\n127.0.0.4\n127.0.0.5\n')
  const retried = await dig(...at, 'HA.lab.test', 'AAAA')
  assert.match(retried, /;; Truncated, retrying in TCP mode\./)
  assert.match(retried, /^HA\.lab\.test\.\s+30\s+IN\s+AAAA\s+::1$/m)
  assert.doesNotMatch(retried, /malformed|warning: .*extra bytes|mismatch/i)
  const missing = await dig(...at, 'no.lab.test', 'A')
  assert.match(missing, /status: NXDOMAIN/)
  assert.match(missing, /flags: qr aa rd;/)
  assert.match(missing, /^test\.\s+0\s+IN\s+SOA\s+ns\.test\. /m)
  assert.match(await dig(...at, '+edns=9', '+noednsneg', 'ha.lab.test'), /status: BADVERS/)
})

for (const [args, code, message] of [
  [['--address', '10.0.0.1'], 3, /10\.0\.0\.1 is not a loopback address: take 127\.0\.0\.1/],
  [['--port', '70000'], 3, /--port 70000 is not a whole number from 0 to 65535/],
  [['--prot', '1'], 3, /'--prot'[\s\S]*Try: npm run dns -- --help/],
  [['--zone', '/nowhere.yaml'], 3, /Cannot read the zone file \/nowhere\.yaml \(ENOENT\)/],
] as const) {
  test(`${args.join(' ')} is refused with what to do`, async () => {
    const outcome = await fail(args)
    assert.equal(outcome.code, code)
    assert.match(outcome.stderr, message)
    assert.doesNotMatch(outcome.stderr, /\n {4}at /)
  })
}

test('--help says what there is', async () => {
  const { stdout } = await run(process.execPath, command(['--help']))
  for (const option of ['--zone', '--address', '--port', '--seed', '--json']) assert.ok(stdout.includes(option), option)
})
