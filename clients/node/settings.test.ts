import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readSettings } from './settings.ts'
import { attempts, only, startBlackhole, startDns, startServer, TestUnit } from './testing.ts'

const high = { address: '127.0.0.1', port: 5300 }
const standard = { address: '127.0.0.1', port: 53 }

describe('settings', () => {
  test('without any: http, and the resolver that can be told the port', () => {
    const atHighPort = readSettings({}, high)
    const atStandardPort = readSettings({}, standard)
    assert.ok(!('reason' in atHighPort) && !('reason' in atStandardPort))
    assert.deepEqual([atHighPort.api, atHighPort.resolver], ['http', 'c-ares'])
    assert.deepEqual([atStandardPort.api, atStandardPort.resolver], ['http', 'getaddrinfo'])
  })

  test('durations are read in ms, s and m', () => {
    for (const [text, ms] of Object.entries({ '250ms': 250, '1.5s': 1500, '1m': 60_000 })) {
      const settings = readSettings({ connect_timeout: text }, high)
      assert.ok(!('reason' in settings))
      assert.equal(settings.connectTimeoutMs, ms)
    }
  })

  const refused = [
    { settings: { aip: 'http' }, says: /no setting aip.*api/ },
    { settings: { api: 'undici' }, says: /api.*"undici".*http or fetch/ },
    { settings: { resolver: 'system' }, says: /port 5300.*c-ares/ },
    { settings: { connect_timeout: 250 }, says: /connect_timeout.*250.*250ms/ },
    { settings: { auto_select_family_attempt_timeout: '5ms' }, says: /10 ms/ },
    { settings: { max_sockets: 0 }, says: /max_sockets/ },
    { settings: { api: 'x', keep_alive: 'yes' }, says: /api.*keep_alive/ },
  ]
  for (const { settings, says } of refused) {
    test(`${JSON.stringify(settings)} is refused with what to do`, () => {
      const result = readSettings(settings, high)
      assert.ok('reason' in result)
      assert.match(`${result.reason} ${result.remedy ?? ''}`, says)
    })
  }

  test('what is refused ends the unit with status 1', async () => {
    const unit = new TestUnit()
    const answer = await unit.start({ aip: 'http' }, high)
    assert.equal(answer.event, 'unable')
    if (unit.process.exitCode === null) await new Promise((resolve) => unit.process.once('exit', resolve))
    assert.equal(unit.process.exitCode, 1)
  })
})

for (const api of ['http', 'fetch']) {
  describe(`${api} takes`, () => {
    test('network: only that family is asked for and tried', async () => {
      await using lab = await startLab({ api, network: 'tcp4' })
      const events = await lab.unit.request(lab.url)
      assert.deepEqual(lab.queries, ['ha.lab.test A'])
      assert.deepEqual(attempts(events), ['127.0.0.6 connected'])
    })

    test('auto_select_family: false tries the first address alone', async () => {
      await using lab = await startLab({ api, auto_select_family: false })
      const events = await lab.unit.request(lab.url)
      assert.deepEqual(attempts(events), ['::1 refused'])
      assert.equal(only(events, 'request-ended')[0]?.error?.kind, 'connection-refused')
    })

    test('auto_select_family_attempt_timeout: how long a silent address is waited for', async () => {
      await using lab = await startLab({ api, auto_select_family_attempt_timeout: '600ms' })
      const lift = await startBlackhole('::1', lab.port)
      try {
        const events = await lab.unit.request(lab.url)
        assert.deepEqual(attempts(events), ['::1 given_up', '127.0.0.6 connected'])
        const [first, second] = only(events, 'attempt-started').map(({ atUs }) => atUs)
        const gapMs = ((second ?? 0) - (first ?? 0)) / 1000
        assert.ok(gapMs >= 599 && gapMs < 2500, `${gapMs} ms`)
      } finally {
        await lift()
      }
    })

    test('keep_alive: false opens a connection for each request', async () => {
      await using lab = await startLab({ api, keep_alive: false })
      await lab.unit.request(lab.url)
      const events = await lab.unit.request(lab.url)
      assert.deepEqual(
        only(events, 'connection-used').map(({ reused }) => reused),
        [false],
      )
    })

    test('connect_timeout: a connection that does not come about ends the request', async () => {
      await using lab = await startLab({ api, connect_timeout: '400ms', auto_select_family: false })
      const lift = await startBlackhole('::1', lab.port)
      try {
        const events = await lab.unit.request(lab.url)
        assert.deepEqual(attempts(events), ['::1 given_up'])
        assert.equal(only(events, 'request-ended')[0]?.error?.kind, 'connect-timeout')
      } finally {
        await lift()
      }
    })
  })
}

/** A started unit, and a name that has ::1, where nobody listens, and 127.0.0.6, where a server does. */
async function startLab(settings: Record<string, string | boolean>) {
  const server = await startServer('127.0.0.6')
  const dns = await startDns({ 'ha.lab.test': ['127.0.0.6', '::1'] })
  const unit = new TestUnit()
  assert.equal((await unit.start(settings, dns)).event, 'ready')
  return {
    unit,
    queries: dns.queries,
    port: server.port,
    url: `http://ha.lab.test:${server.port}/`,
    async [Symbol.asyncDispose]() {
      await unit[Symbol.asyncDispose]()
      await server.stop()
      dns.stop()
    },
  }
}
