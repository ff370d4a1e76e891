import assert from 'node:assert/strict'
import { test } from 'node:test'
import { get, playUnit, start, startWitness } from './testing.ts'

const url = 'http://127.0.0.1:1323/'

test('a command that ends well gives its output as the body, and no status', async () => {
  const { events } = await playUnit(['echo', 'got', '{url}'], [start, get(url), get(url, { request: 2 })])
  assert.deepEqual(
    events.map(({ atUs: _, ...event }) => event),
    [
      { event: 'ready', client: 'echo', version: (events[0] as { version?: string }).version, resolver: 'system' },
      { event: 'request-started', request: 1 },
      { event: 'request-ended', request: 1, body: `got ${url}\n` },
      { event: 'request-started', request: 2 },
      { event: 'request-ended', request: 2, body: `got ${url}\n` },
    ],
  )
})

test('the environment of a command is clean', async () => {
  const own = { HOME: '/home/me', http_proxy: 'http://proxy.test', NODE_OPTIONS: '--no-warnings' }
  const env = { ...own, COMMAND_HOME: '/run/home', FAILOVER_LAB: '17', LC_ALL: 'C.UTF-8' }
  const { events } = await playUnit(['sh', '-c', 'env', '{url}'], [start, get(url)], { env })
  const end = events.at(-1)
  const names = end?.event === 'request-ended' ? end.body?.trim().split('\n').sort() : []
  const passed = names?.filter((line) => !/^(PWD|OLDPWD|SHLVL|_)=/.test(line)) // the shell's
  assert.deepEqual(passed, ['FAILOVER_LAB=17', 'HOME=/run/home', 'LC_ALL=C.UTF-8', `PATH=${process.env.PATH}`])
})

test('the version is the one that the program tells', async () => {
  const { events } = await playUnit([process.execPath, '--eval', '', '{url}'], [start])
  assert.deepEqual(
    events.map((event) => event.event === 'ready' && [event.client, `v${event.version}`]),
    [['node', process.version]],
  )
})

test('a program that knows no --version is still a client', async () => {
  const { events } = await playUnit(['false', '{url}'], [start])
  assert.equal(events[0]?.event, 'ready')
})

test('a request whose time is up ends with an error, in time', async () => {
  const { events } = await playUnit(['sh', '-c', 'sleep 60', 'sh', '{url}'], [start, get(url, { timeoutMs: 300 })])
  const [, started, ended] = events
  assert.ok(started && ended?.event === 'request-ended')
  assert.equal(ended.error?.code, 'timeout')
  const tookMs = (ended.atUs - started.atUs) / 1000
  assert.ok(tookMs >= 299 && tookMs < 5000, `${tookMs}`)
})

test('a command that is told its limit may use it up', async () => {
  const script = 'sleep "$1"; echo in time >&2; exit 28'
  const { events } = await playUnit(['sh', '-c', script, 'curl', '{timeout_s}', '{url}'], [start, get(url, { timeoutMs: 500 })])
  const ended = events.at(-1)
  assert.equal(ended?.event === 'request-ended' && ended.error?.message, 'in time')
})

test('when the input closes, a running command is gone with the unit', { timeout: 30_000 }, async () => {
  const { held, gone, hold } = await startWitness()
  const { events } = await playUnit(['sh', '-c', `${hold} & wait`, 'sh', '{url}'], [start, get(url)], { closeInput: held })
  assert.equal(events.at(-1)?.event, 'request-started')
  await gone
})

const refusals: readonly [name: string, words: readonly string[], command: typeof start, reason: RegExp][] = [
  [
    'a DNS server on another port than 53',
    ['true', '{url}'],
    { ...start, dnsServer: { address: '127.0.0.1', port: 5300 } } as typeof start,
    /port 5300/,
  ],
  ['settings', ['true', '{url}'], { ...start, settings: { keep_alive: true } } as typeof start, /keep_alive/],
]
for (const [name, words, command, reason] of refusals) {
  test(`refuses ${name}, with a remedy`, async () => {
    const { code, events } = await playUnit(words, [command])
    const [unable] = events
    assert.ok(unable?.event === 'unable', JSON.stringify(events))
    assert.match(unable.reason, reason)
    assert.ok(unable.remedy)
    assert.equal(code, 1)
  })
}

test('a program that is not there ends the unit as it would end a shell', async () => {
  const { code, events, stderr } = await playUnit(['no-such-program-here', '{url}'], [start])
  assert.equal(code, 127)
  assert.deepEqual(events, [])
  assert.match(stderr, /^no-such-program-here: no such program or interpreter \(.*ENOENT\)\n$/)
})

test('a method that the command line does not ask for is not replaced by another', async () => {
  const { code, events, stderr } = await playUnit(['echo', '{url}'], [start, get(url, { method: 'POST' })])
  assert.equal(code, 1)
  assert.equal(events.at(-1)?.event, 'ready')
  assert.match(stderr, /POST, and the command line has no \{method\}/)
})
