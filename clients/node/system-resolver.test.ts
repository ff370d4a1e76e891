/** The system's resolver asks port 53 of resolv.conf's server: these tests run again, inside a namespace that has both. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { attempts, only, startDns, startServer, TestUnit } from './testing.ts'

const inside = process.env.INSIDE_NAMESPACE === '1'
const user = process.getuid?.() === 0 ? [] : ['--user', '--map-current-user', '--keep-caps']
const namespace = [...user, '--net', '--uts', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']

if (inside) {
  for (const api of ['http', 'fetch']) {
    test(`${api} reports getaddrinfo's order, sorted by RFC 6724, and every attempt`, async () => {
      const server = await startServer('127.0.0.3')
      const dns = await startDns({ 'ha.lab.test': ['127.0.0.3', '127.0.0.1'], 'both.lab.test': ['127.0.0.3', '::1'] }, 53)
      const unit = new TestUnit()
      const ready = await unit.start({ api }, dns)
      assert.equal(ready.event === 'ready' && ready.resolver, 'getaddrinfo')
      const sorted = await unit.request(`http://ha.lab.test:${server.port}/`, { fresh: true })
      assert.deepEqual(only(sorted, 'lookup-ended')[0]?.addresses, ['127.0.0.1', '127.0.0.3'])
      assert.deepEqual(attempts(sorted), ['127.0.0.1 refused', '127.0.0.3 connected'])
      const both = await unit.request(`http://both.lab.test:${server.port}/`, { fresh: true })
      assert.deepEqual(attempts(both), ['::1 refused', '127.0.0.3 connected'])
      const unknown = await unit.request(`http://unknown.lab.test:${server.port}/`)
      assert.equal(only(unknown, 'request-ended')[0]?.error?.kind, 'name-not-found')
      await unit[Symbol.asyncDispose]()
      await server.stop()
      dns.stop()
    })
  }

  test('a pending getaddrinfo does not hold up the end', async () => {
    const dns = await startDns({ 'silent.lab.test': 'silent' }, 53)
    const unit = new TestUnit()
    await unit.start({}, dns)
    const request = unit.request('http://silent.lab.test:1/').catch(() => 'ended')
    await unit.next('lookup-started')
    const from = performance.now()
    await unit[Symbol.asyncDispose]()
    assert.ok(performance.now() - from < 2000)
    assert.equal(await request, 'ended')
    dns.stop()
  })
} else {
  const works = spawnSync('unshare', [...namespace, 'ip', 'link', 'set', 'lo', 'up']).status === 0
  test('the system resolver, in a network namespace', { skip: works ? false : 'unshare makes no network namespace here' }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'client-node-'))
    try {
      writeFileSync(join(folder, 'resolv.conf'), 'nameserver 127.0.0.1\n')
      writeFileSync(join(folder, 'nsswitch.conf'), 'hosts: dns\n')
      const script = `set -e; ip link set lo up; hostname lab; for file in resolv.conf nsswitch.conf; do mount --bind "$1/$file" "/etc/$file"; done
        exec "$2" --import tsx --test-reporter=tap "$3"`
      const args = [...namespace, 'sh', '-c', script, 'sh', folder, process.execPath, fileURLToPath(import.meta.url)]
      const { status, stdout, stderr } = spawnSync('unshare', args, {
        env: { PATH: process.env.PATH, INSIDE_NAMESPACE: '1' },
        encoding: 'utf8',
        timeout: 60_000,
        killSignal: 'SIGKILL',
      })
      assert.equal(status, 0, `${stdout}${stderr}`)
      assert.match(stdout, /^# pass 3$/m)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
}
