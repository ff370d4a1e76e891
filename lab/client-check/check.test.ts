import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import pc from 'picocolors'
import { findGo } from '../go-client.ts'
import { bootArgv } from '../paths.ts'
import { checkClient } from './check.ts'
import { honest } from './honest-client.ts'
import { printCheck } from './print.ts'
import type { Rule } from './rules.ts'

const check = (source: string) => checkClient([process.execPath, '--eval', source], { signal: AbortSignal.timeout(60_000) })

test('a client that keeps every rule passes, and nothing of it is said to be missing', async () => {
  const report = await check(honest)
  assert.deepEqual(report.mistakes, [], printCheck(report))
  assert.equal(report.passed, true)
  assert.deepEqual(report.neverSent, [])
  assert.deepEqual(report.ready, { client: 'honest', version: '1', resolver: 'c-ares' })
})

const broken: readonly (readonly [fact: string, rule: Rule, says: RegExp, from: string, to: string])[] = [
  [
    'text between the events is no event',
    'line',
    /not JSON/,
    `emit('request-started', { request })`,
    `console.log('sending'); emit('request-started', { request })`,
  ],
  [
    'a field of the wrong type is named',
    'line',
    /localPort/,
    'localPort: socket.localPort',
    `localPort: String(socket.localPort)`,
  ],
  ['a field that is missing is named', 'line', /resolver/, `, resolver: 'c-ares'`, ''],
  ['an unknown event is named', 'line', /unknown event "head"/, `emit('head-received'`, `emit('head'`],
  ['an unknown kind of error is named', 'line', /error\.kind/, `'name-not-found'`, `'ENOTFOUND'`],
  [
    'a second answer to start is seen',
    'first',
    /second/,
    `return emit('ready'`,
    `emit('ready', { client: 'a', version: '1', resolver: 'b' }); return emit('ready'`,
  ],
  ['milliseconds are not microseconds', 'clock', /atUs/, `performance.now()) * 1000)`, `performance.now()))`],
  [
    'a time that runs backwards is seen',
    'clock',
    /before the line above/,
    `emit('attempt-ended', { attempt, outcome: 'connected' })`,
    `emit('attempt-ended', { attempt, outcome: 'connected', atUs: nowUs() - 90000 })`,
  ],
  [
    'an attempt that goes on at the end of an answered request is seen',
    'attempt',
    /has not ended/,
    `emit('attempt-ended', { attempt, outcome: 'refused', message: cause.message })`,
    '',
  ],
  [
    'a connection before any attempt connected is seen',
    'attempt',
    /no attempt at .* has connected/,
    `emit('attempt-ended', { attempt, outcome: 'connected' })`,
    '',
  ],
  ['an attempt number used twice is seen', 'attempt', /starts a second time/, '++attempts', '1'],
  ['a connection number used twice is seen', 'closed', /used after it was closed/, '++connections', '1'],
  [
    'an event after the end of its request is seen',
    'request',
    /already ended/,
    `emit('request-ended', { request, ...end })`,
    `emit('request-ended', { request, ...end }); if (end.status) emit('head-received', { request, status: end.status })`,
  ],
  ['a request that never ends is seen', 'request', /no request-ended/, `if (!end) throw error`, `if (!end) return`],
  ['a wrong status is seen', 'result', /status 200, where the server sent 503/, `Number(head.split(' ')[1])`, '200'],
  ['a wrong body is seen', 'result', /body "You/, 'resolve({ status, body,', `resolve({ status, body: body.replace('y', 'Y'),`],
  [
    'a wrong kind of error is seen',
    'result',
    /kind is reset, not connection-refused/,
    `ECONNREFUSED: 'connection-refused'`,
    `ECONNREFUSED: 'reset'`,
  ],
  [
    'a reset in the body that is called an early end is seen',
    'result',
    /RST\): the error's kind is body-incomplete, not reset/,
    `cut ? { kind: 'reset', message: cut.message } :`,
    '',
  ],
  [
    'a broken body without the status that had come is seen',
    'result',
    /FIN\): no status beside the error, where a head with 200 had come/,
    `resolve({ status, body, ...(`,
    `resolve({ ...(length && Number(length[1]) > all.length ? {} : { status, body }), ...(`,
  ],
  [
    'an address that DNS never gave is seen',
    'lookup',
    /the lookup gave 127\.0\.0\.9; DNS has/,
    `emit('lookup-ended', { request, host, addresses })`,
    `emit('lookup-ended', { request, host, addresses: addresses.map((a) => a === '::1' ? '127.0.0.9' : a) })`,
  ],
  [
    'an address that the lookup gave and the report leaves out is seen',
    'lookup',
    /the lookup gave 127\.0\.0\.1; DNS answered ::1, 127\.0\.0\.1/,
    `emit('lookup-ended', { request, host, addresses })`,
    `emit('lookup-ended', { request, host, addresses: addresses.slice(-1) })`,
  ],
  [
    'a refused attempt that is not reported is seen',
    'attempt',
    /no attempt at ::1 is reported, the first address that the lookup gave/,
    `emit('attempt-started', { request, attempt, address, port })`,
    `if (address === '::1') { attempts--; continue }; emit('attempt-started', { request, attempt, address, port })`,
  ],
  [
    'a refused attempt that is reported at another address is seen',
    'attempt',
    /an attempt at 127\.0\.0\.9 port \d+; the request goes to ::1, 127\.0\.0\.1 port/,
    `emit('attempt-started', { request, attempt, address, port })`,
    `emit('attempt-started', { request, attempt, address: address === '::1' ? '127.0.0.9' : address, port })`,
  ],
  [
    'an attempt at another port is seen',
    'attempt',
    /an attempt at 127\.0\.0\.1 port 80; the request goes to 127\.0\.0\.1 port/,
    `emit('attempt-started', { request, attempt, address, port })`,
    `emit('attempt-started', { request, attempt, address, port: 80 })`,
  ],
  [
    'a refused attempt that is called reset is seen',
    'attempt',
    /the attempt at ::1 is reported as reset; it is refused/,
    `outcome: 'refused'`,
    `outcome: 'reset'`,
  ],
  [
    'a body that is not cut to its first 4096 bytes is seen',
    'result',
    /a long body\): body .* of 20000 characters/,
    'body = all.slice(0, 4096)',
    'body = all',
  ],
  [
    'a FIN before the head that is called a reset is seen',
    'result',
    /no head, but FIN\): .* reset, not closed/,
    `'reset' : 'closed'`,
    `'reset' : 'reset'`,
  ],
  ['a wrong local port is seen', 'connection', /localPort/, 'localPort: socket.localPort', 'localPort: 1'],
  ['a new connection that is called reused is seen', 'connection', /reused/, 'reused: false', 'reused: true'],
  ['a fresh connection that stays open is seen', 'fresh', /still open/, '', ''],
  [
    'a client that ignores its time limit is seen',
    'limit',
    /1800 ms|no request-ended|it took/,
    ', timeoutMs)\n',
    ', timeoutMs + 1300)\n',
  ],
  ['a client that asks another DNS server is seen', 'dns', /never asked/, `c.dnsServer.port]`, `1]`],
  [
    'a client that stays when its input closes is seen',
    'end',
    /still runs/,
    `.on('close', () => process.exit(0))`,
    `; setInterval(() => {}, 1000)`,
  ],
  [
    'a client that dies is seen, with what it said',
    'end',
    /exit code 1/,
    `const { request } = c,`,
    `if (c.request === 3) throw new Error('three is too many'); const { request } = c,`,
  ],
]

for (const [fact, rule, says, from, to] of broken) {
  test(fact, async () => {
    // The answer is kept alive, and read to its declared end, only where a test is about an open connection.
    const source = fact.includes('stays open') ? keepsConnections() : honest.replace(from, to)
    assert.notEqual(source, honest, 'the piece to break is there')
    const report = await check(source)
    const found = report.mistakes.find((mistake) => mistake.rule === rule && says.test(mistake.says))
    assert.ok(found, printCheck(report))
    assert.equal(report.passed, false)
  })
}

const keepsConnections = () =>
  honest
    .replace('Connection: close\\r\\n', '')
    .replace('socket.destroy()', 'globalThis.kept = [globalThis.kept, socket]')
    .replace(`.on('close', () => {`, `.once('data', () => {`)

test('the Node client passes', async () => {
  for (const api of ['http', 'fetch']) {
    const report = await checkClient(bootArgv('client-node'), { signal: AbortSignal.timeout(60_000), settings: { api } })
    assert.equal(report.passed, true, printCheck(report))
  }
})

test('the Go client passes', { skip: findGo() ? false : 'there is no Go here' }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'client-check-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const env = { ...process.env, GOTMPDIR: folder, GOTOOLCHAIN: 'local', GOWORK: 'off' }
  execFileSync(findGo() ?? 'go', ['build', '-trimpath', '-o', join(folder, 'client'), '.'], {
    cwd: new URL('../../clients/go/', import.meta.url),
    env,
  })
  const report = await checkClient([join(folder, 'client')], { signal: AbortSignal.timeout(60_000) })
  assert.equal(report.passed, true, printCheck(report))
  assert.deepEqual(report.neverSent, [])
})

test('the printed report has the mistake, the line that shows it and the rule', async () => {
  const text = printCheck(await check(honest.replace('localPort: socket.localPort', 'localPort: 1')), pc.createColors(false))
  assert.match(
    text,
    /✗ request 1 \(a healthy server\): localPort is 1; the server saw it come from port \d+\n {2}line 7: \{"event":"connection-used".*\n/,
  )
  assert.match(text, /and 11 more against this rule\n {2}rule: `connection-used` names/)
  assert.match(text, /not ok {2}\d+ mistakes in 16 requests/)
})

test('a client that cannot be told a DNS port is unable, which is no mistake and no pass', async () => {
  const report = await check(
    `process.stdin.once('data', () => { console.log(JSON.stringify({ event: 'unable', atUs: Date.now() * 1000, reason: 'port 53 only' })); process.exit(1) })`,
  )
  assert.deepEqual(report.unable, { reason: 'port 53 only', remedy: undefined })
  assert.deepEqual(report.mistakes, [])
  assert.equal(report.passed, false)
})

test('a client that says `unable` in the middle of a request is unable, too', async () => {
  const source = honest.replace(
    `emit('lookup-started', { request, host })`,
    `if (request === 2) { emit('unable', { reason: 'it would leave this machine' }); process.exit(1) }; emit('lookup-started', { request, host })`,
  )
  const report = await check(source)
  assert.deepEqual(report.unable, { reason: 'it would leave this machine', remedy: undefined })
  assert.deepEqual(report.mistakes, [])
  assert.equal(report.passed, false)
})

test('a client that sends only what it must passes, and what stays inconclusive is listed', async () => {
  const kept = `['ready', 'request-started', 'request-ended'].includes(event) && process.stdout.write`
  const report = await check(honest.replace('process.stdout.write', kept))
  assert.equal(report.passed, true, printCheck(report))
  assert.equal(report.neverSent.length, 7)
})

for (const [what, source, says] of [
  [
    'lines that are no events',
    `const y = () => process.stdout.write('y\\n'.repeat(9999), y); y()`,
    /after 50 lines that are no events/,
  ],
  [
    'a line without an end',
    `const x = () => process.stdout.write('x'.repeat(65536), x); x()`,
    /flooded its output \(over 1 MiB\)/,
  ],
  [
    'events',
    honest.replace(
      `emit('request-started', { request })`,
      `const more = () => { for (let i = 0; i < 1000; i++) emit('head-received', { request, status: 200 }); setImmediate(more) }; more()`,
    ),
    /flooded its output \(over 1 MiB\)/,
  ],
] as const) {
  test(`a flood of ${what} is stopped, and said to be`, async () => {
    const report = await check(source)
    assert.equal(report.passed, false)
    assert.ok(
      report.mistakes.some((mistake) => mistake.rule === 'flood' && says.test(mistake.says)),
      printCheck(report).slice(0, 2000),
    )
    assert.match(printCheck(report, pc.createColors(false)), says)
    assert.ok(printCheck(report).length < 5000)
    assert.ok(report.mistakes.filter(({ rule }) => rule === 'line').length <= 50)
  })
}

test('a program that is not there is named', async () => {
  const report = await checkClient(['/nowhere/client'], { signal: AbortSignal.timeout(10_000) })
  assert.match(report.mistakes[0]?.says ?? '', /could not be started.*ENOENT/)
})

test('an abort ends the check and the program', async () => {
  const stop = new AbortController()
  const checking = checkClient([process.execPath, '--eval', 'setInterval(() => {}, 1000)'], { signal: stop.signal })
  setImmediate(() => stop.abort(new Error('enough')))
  await assert.rejects(checking, /enough/)
})
