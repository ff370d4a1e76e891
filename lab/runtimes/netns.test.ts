/** The network namespace from inside: what is replaced, that nothing leaves, and each fault before, during and after. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { hostname, networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { LabError } from '../errors.ts'
import { packageRoot } from '../paths.ts'
import { netns } from './netns.ts'
import { searchPath } from './programs.ts'
import type { InjectedNetworkFault, Lab, NetworkFault, Unit } from './runtime.ts'

const asUser = process.env.LAB_TEST_AS_USER === '1'
const isRoot = process.getuid?.() === 0
const port = 1323

async function whyNot(): Promise<string | false> {
  try {
    await (await netns.open(AbortSignal.timeout(10_000))).stop()
    return false
  } catch (error) {
    if (error instanceof LabError) return error.message
    throw error
  }
}
const skip = await whyNot()

interface Probe {
  ask(command: string, fields?: object): Promise<unknown>
}
function probeOf(unit: Unit): Probe {
  const waiting: ((value: unknown) => void)[] = []
  unit.onLine((line) => waiting.shift()?.(JSON.parse(line)))
  return {
    ask(command, fields = {}) {
      const answer = new Promise((resolve) => waiting.push(resolve))
      unit.send({ command, ...fields })
      return Promise.race([answer, unit.exited.then((exit) => assert.fail(`the probe has ended: ${exit.stderr}`))])
    },
  }
}

describe(asUser ? 'netns as an ordinary user' : 'netns', { skip }, () => {
  const outsideBefore = readFileSync('/etc/resolv.conf', 'utf8')
  let lab: Lab
  let inside: Probe
  let units = 0
  const start = () => {
    units += 1
    return probeOf(
      lab.start({
        id: `probe${units}`,
        argv: [process.execPath, join(packageRoot, 'lab/testing/net-probe.mjs')],
        env: { PATH: searchPath() },
      }),
    )
  }
  before(async () => {
    lab = await netns.open(AbortSignal.timeout(10_000))
    await lab.configure({ resolvConf: 'nameserver 127.0.0.1\noptions timeout:1\n' })
    inside = start()
    for (const address of ['127.0.0.1', '127.0.0.2', '::1']) await inside.ask('listen', { address, port })
  })
  after(() => lab?.stop())

  test('resolv.conf is replaced inside and untouched outside', async () => {
    assert.equal(await inside.ask('read', { path: '/etc/resolv.conf' }), 'nameserver 127.0.0.1\noptions timeout:1\n')
    assert.equal(readFileSync('/etc/resolv.conf', 'utf8'), outsideBefore)
  })

  test('there is no interface but lo, and the machine keeps its own', async () => {
    assert.deepEqual(await inside.ask('interfaces'), ['lo'])
    const table = String(await inside.ask('read', { path: '/proc/self/net/dev' }))
    assert.deepEqual(
      table
        .split('\n')
        .slice(2)
        .map((row) => row.split(':')[0]?.trim())
        .filter(Boolean)
        .filter((name) => !/^(tunl|gre|gretap|erspan|ip_vti|ip6_vti|sit|ip6tnl|ip6gre)\d+$/.test(name ?? '')),
      ['lo'],
    )
    assert.ok('lo' in networkInterfaces())
  })

  test('a packet to any other machine fails at once', async () => {
    // Reserved for documentation (RFC 5737, RFC 3849): nobody's, had it left.
    for (const address of ['192.0.2.1', '198.51.100.7', '2001:db8::1']) {
      const startedMs = performance.now()
      assert.equal(await inside.ask('connect', { address, port: 80, waitMs: 5000 }), 'ENETUNREACH')
      assert.ok(performance.now() - startedMs < 2000)
    }
  })

  test('the host name has no domain, and the machine keeps its own', async () => {
    assert.equal(await inside.ask('hostname'), 'lab')
    assert.notEqual(hostname(), 'lab')
  })

  test('LISTEN rows are those of the namespace', async () => {
    assert.deepEqual([...(await lab.listening())].sort(), ['127.0.0.1:1323', '127.0.0.2:1323', '[::1]:1323'])
  })

  const connect = (address: string) => inside.ask('connect', { address, port, waitMs: 700 })
  const kinds: readonly (readonly [kind: NetworkFault['kind'], during: string])[] = [
    ['refuse', 'ECONNREFUSED'],
    ['blackhole-new', 'silence'],
    ['blackhole-all', 'silence'],
    ['unreachable', 'EHOSTUNREACH'],
  ]
  for (const [kind, during] of kinds) {
    for (const address of ['127.0.0.1', '::1']) {
      test(`${kind} on ${address}: ${during} while in force, connected before and after, others unharmed`, async (t) => {
        const capability = await lab.probe(kind)
        if (!capability.can || capability.mechanism === 'closed listener' || capability.mechanism === 'full accept queue')
          return t.skip('no packet filter here')
        assert.equal(await connect(address), 'connected')
        const fault: InjectedNetworkFault = await lab.inject({ kind, address, port })
        assert.notEqual(fault.evidence.detail, '')
        assert.match(fault.evidence.detail, new RegExp(`${port}`))
        const met = async () => (fault.met ? await fault.met() : undefined)
        const none = fault.met ? 0 : undefined
        assert.equal(await connect('127.0.0.2'), 'connected')
        assert.equal(await met(), none, 'nothing has met it yet')
        assert.equal(await connect(address), during)
        if (fault.met) assert.ok(((await met()) ?? 0) > 0, 'what met it is counted')
        else assert.equal(kind, 'unreachable') // a route counts nothing
        await fault.lift()
        assert.equal(await connect(address), 'connected')
      })
    }
  }

  for (const [kind, during] of [
    ['blackhole-new', 'echo'],
    ['refuse', 'echo'],
    ['blackhole-all', 'silence'],
  ] as const) {
    test(`under ${kind} an open connection gives ${during}`, async (t) => {
      if (!(await lab.probe('blackhole-all')).can) return t.skip('no packet filter here')
      const client = start()
      assert.equal(await client.ask('connect', { address: '127.0.0.2', port, waitMs: 5000 }), 'connected')
      assert.equal(await client.ask('echo', { waitMs: 5000 }), 'echo')
      const fault = await lab.inject({ kind, address: '127.0.0.2', port })
      assert.equal(await client.ask('echo', { waitMs: 700 }), during)
      await fault.lift()
    })
  }

  test('two labs side by side share no port', async () => {
    const other = await netns.open(AbortSignal.timeout(10_000))
    try {
      const probe = probeOf(
        other.start({ id: 'probe', argv: [process.execPath, join(packageRoot, 'lab/testing/net-probe.mjs')], env: {} }),
      )
      assert.equal(await probe.ask('connect', { address: '127.0.0.1', port, waitMs: 1000 }), 'ECONNREFUSED')
      assert.equal(await probe.ask('listen', { address: '127.0.0.1', port }), 'listening')
    } finally {
      await other.stop()
      await other.stop() // safe twice
    }
  })
})

test('all of this holds for an ordinary user', { skip: skip || (asUser || !isRoot ? 'it is one' : false) }, (t) => {
  const argv = [
    '--reuid',
    '65534',
    '--regid',
    '65534',
    '--clear-groups',
    process.execPath,
    '--import',
    'tsx',
    fileURLToPath(import.meta.url),
  ]
  const { NODE_TEST_CONTEXT: _ours, ...env } = process.env
  const output = execFileSync('setpriv', argv, {
    env: { ...env, HOME: '/nonexistent', LAB_TEST_AS_USER: '1' },
    cwd: packageRoot,
    encoding: 'utf8',
    timeout: 90_000,
  })
  if (/# SKIP/.test(output.split('\n').find((line) => line.includes('netns as an ordinary user')) ?? ''))
    t.diagnostic(`not allowed here: ${output}`)
  assert.match(output, /netns as an ordinary user/)
  assert.doesNotMatch(output, /^not ok/m)
})
