/**
 * No packet leaves, whatever names an address that is not loopback: these tests run again, in a namespace whose hosts
 * file does, and in which that address would answer.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { findGo, goClient } from '../lab/go-client.ts'
import type { ClientCommand } from '../unit/protocol.ts'
import { startDns, startServer, TestUnit } from './node/testing.ts'

/** An address for documentation (RFC 5737) that is the namespace's own, so that a client that connects is seen to; anywhere else it leads out. */
const outside = '192.0.2.9'
const hosts = `# written by a test\n127.0.0.1 localhost\n${outside} filed.lab.test\n127.0.0.1 near.lab.test # loopback, and still not DNS\n`
const user = process.getuid?.() === 0 ? [] : ['--user', '--map-current-user', '--keep-caps']
const namespace = [...user, '--net', '--uts', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
const { INSIDE_NAMESPACE: inside, GO_CLIENT: goProgram } = process.env

type Settings = Extract<ClientCommand, { command: 'start' }>['settings']
interface Case {
  readonly title: string
  readonly client: 'go' | 'node'
  readonly settings?: Settings
  readonly dnsPort?: number
  readonly host: string
  readonly path?: string
  readonly says: RegExp
}
const line = (number: number, text: string) => new RegExp(`line ${number} of /etc/hosts, "${text}"`)
const cases: readonly Case[] = [
  { title: 'Go, by the hosts file', client: 'go', host: 'filed.lab.test', says: line(3, '192.0.2.9 filed.lab.test') },
  {
    title: 'Go with DNS at port 53, by the hosts file',
    client: 'go',
    dnsPort: 53,
    host: 'filed.lab.test',
    says: line(3, '192.0.2.9 filed.lab.test'),
  },
  {
    title: 'Go, by a hosts file that names a loopback address',
    client: 'go',
    host: 'near.lab.test',
    says: line(4, '127.0.0.1 near.lab.test'),
  },
  { title: 'Go, by DNS', client: 'go', host: 'away.lab.test', says: /away\.lab\.test leads to 192\.0\.2\.9/ },
  { title: 'Go, by a redirect', client: 'go', host: 'ha.lab.test', path: 'away', says: /sent to 192\.0\.2\.9:\d+/ },
  { title: 'Node, by DNS', client: 'node', host: 'away.lab.test', says: /away\.lab\.test leads to 192\.0\.2\.9/ },
  {
    title: 'fetch, by DNS',
    client: 'node',
    settings: { api: 'fetch' },
    host: 'away.lab.test',
    says: /away\.lab\.test leads to 192\.0\.2\.9/,
  },
  {
    title: "Node with the system's resolver, by the hosts file",
    client: 'node',
    dnsPort: 53,
    host: 'filed.lab.test',
    says: /filed\.lab\.test leads to 192\.0\.2\.9/,
  },
  {
    title: 'fetch, by a redirect',
    client: 'node',
    settings: { api: 'fetch' },
    host: 'ha.lab.test',
    path: 'away',
    says: /sent to 192\.0\.2\.9 port \d+/,
  },
]

if (inside) {
  for (const { title, client, settings = {}, dnsPort = 0, host, path = '', says } of cases) {
    const skip = client === 'go' && !goProgram ? 'there is no Go here' : false
    test(`a client led outside says so, and connects to nothing: ${title}`, { skip }, async () => {
      let connected = 0
      const trap = createServer((socket) => {
        connected += 1
        socket.destroy()
      }).listen(0, outside)
      await once(trap, 'listening')
      const { port } = trap.address() as AddressInfo
      const redirecting = createHttpServer((_request, response) => {
        response.writeHead(302, { location: `http://${outside}:${port}/` }).end()
      }).listen(port, '127.0.0.1')
      await once(redirecting, 'listening')
      const dns = await startDns({ 'ha.lab.test': ['127.0.0.1'], 'away.lab.test': [outside] }, dnsPort)
      const unit = client === 'go' ? new TestUnit({}, [goProgram ?? '']) : new TestUnit()
      assert.equal((await unit.start(settings, dns)).event, 'ready')
      unit.write({
        command: 'request',
        request: 1,
        url: `http://${host}:${port}/${path}`,
        method: 'GET',
        timeoutMs: 9000,
        fresh: false,
      })
      const { event, ...unable } = await unit.next('unable', 'request-ended')
      assert.equal(event, 'unable', JSON.stringify(unable))
      assert.match('reason' in unable ? unable.reason : '', says)
      assert.match('remedy' in unable ? (unable.remedy ?? '') : '', /^(Delete that line|Find what)/)
      if (unit.process.exitCode === null) await once(unit.process, 'exit')
      assert.equal(unit.process.exitCode, 1)
      assert.equal(connected, 0)
      dns.stop()
      trap.close()
      redirecting.closeAllConnections()
      redirecting.close()
    })
  }

  for (const client of ['go', 'node'] as const) {
    test(`${client} goes to every loopback address`, {
      skip: client === 'go' && !goProgram ? 'there is no Go here' : false,
    }, async () => {
      const dns = await startDns({ 'four.lab.test': ['127.9.8.7'], 'six.lab.test': ['::1'] })
      const unit = client === 'go' ? new TestUnit({}, [goProgram ?? '']) : new TestUnit()
      await unit.start({}, dns)
      for (const [host, address] of [
        ['four.lab.test', '127.9.8.7'],
        ['six.lab.test', '::1'],
      ] as const) {
        const server = await startServer(address)
        const ended = (await unit.request(`http://${host}:${server.port}/`)).at(-1)
        assert.ok(ended?.event === 'request-ended' && ended.body === address, JSON.stringify(ended))
        await server.stop()
      }
      await unit[Symbol.asyncDispose]()
      dns.stop()
    })
  }
} else {
  const works = spawnSync('unshare', [...namespace, 'ip', 'link', 'set', 'lo', 'up']).status === 0
  test('no client leaves the machine, in a network namespace', {
    skip: works ? false : 'unshare makes no network namespace here',
  }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'client-outside-'))
    try {
      writeFileSync(join(folder, 'hosts'), hosts)
      writeFileSync(join(folder, 'resolv.conf'), 'nameserver 127.0.0.1\n')
      writeFileSync(join(folder, 'nsswitch.conf'), 'hosts: files dns\n')
      const script = `set -e; ip link set lo up; ip addr add ${outside}/32 dev lo; hostname lab
        for file in hosts resolv.conf nsswitch.conf; do mount --bind "$1/$file" "/etc/$file"; done
        exec "$2" --import tsx --test-reporter=tap "$3"`
      const args = [...namespace, 'sh', '-c', script, 'sh', folder, process.execPath, fileURLToPath(import.meta.url)]
      const go = findGo() ? { GO_CLIENT: await goClient(() => {}, AbortSignal.timeout(600_000)) } : {}
      const { status, stdout, stderr } = spawnSync('unshare', args, {
        env: { PATH: process.env.PATH, INSIDE_NAMESPACE: '1', ...go },
        encoding: 'utf8',
        timeout: 120_000,
        killSignal: 'SIGKILL',
      })
      assert.equal(status, 0, `${stdout}${stderr}`)
      const skipped = findGo() ? 0 : cases.filter(({ client }) => client === 'go').length + 1
      assert.match(stdout, new RegExp(`^# pass ${cases.length + 2 - skipped}$`, 'm'))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
}
