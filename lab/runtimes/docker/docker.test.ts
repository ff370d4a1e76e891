/** Against a real engine: DOCKER_HOST, the current context or the usual socket (tools/docker-engine.sh starts one). */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'
import { LabError } from '../../errors.ts'
import { startLab } from '../../testing/command.ts'
import { engineProxy } from '../../testing/engine-proxy.ts'
import { containersOf, remainingOf } from '../../testing/remaining-containers.ts'
import type { Lab } from '../runtime.ts'
import { startContainer } from './container.ts'
import { docker } from './docker.ts'
import { connectEngine, engineError } from './engine.ts'
import { images } from './images.ts'
import { labelsOf } from './labels.ts'
import { hasImage } from './pull.ts'
import { engineEnv, whyNoEngine } from './testing.ts'

const skip = await whyNoEngine()
const signal = AbortSignal.timeout(300_000)
const localSocket = (process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock').replace('unix://', '')
const notLocal = localSocket.startsWith('/') ? false : 'the engine has no socket here'

/** This process opens labs itself, and starts commands that do. */
const runners = [process.pid]
const start = (args: readonly string[]) => {
  const started = startLab(args, { env: engineEnv })
  runners.push(started.child.pid ?? -1)
  return started
}
const command = (...args: readonly string[]) => start(args).ended

afterEach(async () => {
  if (!skip) assert.deepEqual(await remainingOf(...runners), [])
})

/** What a shell in a unit's container prints. */
async function inUnit(lab: Lab, script: string): Promise<readonly string[]> {
  const lines: string[] = []
  const unit = lab.start({ id: 'probe', argv: ['sh', '-c', script], env: {} })
  unit.onLine((line) => lines.push(line))
  const { code, stderr } = await unit.exited
  assert.equal(code, 0, stderr)
  return lines
}

test('a unit has an ordinary user, no capability, and no interface but lo', { skip }, async () => {
  const lab = await docker.open(signal)
  try {
    const status = await inUnit(lab, 'cat /proc/self/status')
    for (const row of [/^Uid:\t1000\t/, /^Gid:\t1000\t/, /^CapEff:\t0+$/, /^CapBnd:\t0+$/, /^NoNewPrivs:\t1$/])
      assert.ok(
        status.some((line) => row.test(line)),
        `${row}: ${status.join('\n')}`,
      )
    const interfaces = (await inUnit(lab, 'cat /proc/net/dev')).slice(2).map((line) => line.trim().split(':')[0])
    assert.ok(interfaces.includes('lo'))
    const addresses = await inUnit(lab, 'cat /proc/net/fib_trie')
    const local = new Set(addresses.flatMap((line) => /\|-- (\d+\.\d+\.\d+\.\d+)/.exec(line)?.[1] ?? []))
    assert.ok(
      [...local].every((address) => address.startsWith('127.')),
      [...local].join(),
    )
  } finally {
    await lab.stop()
  }
})

test('every container of a run carries its id, and limits of memory and processes', { skip }, async () => {
  const lab = await docker.open(signal)
  try {
    const unit = lab.start({ id: 'server ::1', argv: ['sh', '-c', 'echo up; exec cat'], env: {} })
    await new Promise<void>((resolve) => unit.onLine(() => resolve()))
    const engine = await connectEngine()
    const listed = await containersOf(process.pid)
    assert.equal(listed.length, 2)
    assert.equal(new Set(listed.map(({ Labels }) => Labels['failover-lab.run'])).size, 1)
    for (const { Id } of listed) {
      const { HostConfig, Name } = await engine.docker.getContainer(Id).inspect()
      assert.ok((HostConfig.Memory ?? 0) > 0 && (HostConfig.PidsLimit ?? 0) > 0 && HostConfig.AutoRemove, Name)
      assert.ok(!HostConfig.Binds?.length && !HostConfig.Privileged, Name)
    }
  } finally {
    await lab.stop()
    await lab.stop() // safe twice
  }
})

test('freezing pauses the container, and killing a frozen one ends it', { skip }, async () => {
  const lab = await docker.open(signal)
  try {
    const unit = lab.start({ id: 'server', argv: ['cat'], env: {} })
    assert.match((await unit.freeze(signal)).detail, /: paused/)
    assert.match((await unit.thaw(signal)).detail, /: running/)
    await unit.freeze(signal)
    assert.match((await unit.kill(signal)).detail, /is gone \(exit 137\)/)
    assert.equal((await unit.exited).signal, 'SIGKILL')
  } finally {
    await lab.stop()
  }
})

test('an image that is not there and cannot be pulled is an error with a remedy', { skip }, async () => {
  const { code, stdout } = await command(
    ...['run', 'all-down', '--client', 'x=curl {url}', '--client-image', 'x=failover-lab.invalid/none:1'],
  )
  assert.equal(code, 3, stdout)
  assert.match(stdout, /the image failover-lab\.invalid\/none:1 is not on the engine and cannot be pulled[\s\S]*docker load/)
})

for (const [what, words] of [
  ['a client', 'nowhere x.py'],
  ['a command', 'nowhere {url}'],
] as const) {
  test(`${what} whose program its image does not have is missing, and the image is named`, { skip }, async () => {
    const { code, stdout } = await command(
      ...['run', 'all-down', '--client', `mine=${words}`, '--client-image', `mine=${images.node}`],
    )
    assert.equal(code, 3, stdout)
    assert.ok(stdout.includes(`The image ${images.node} cannot run nowhere: `), stdout)
    assert.match(stdout, /do +name one that has it: --client-image NAME=IMAGE/)
  })
}

test('a client runs in an image that has no Node', { skip }, async (t) => {
  const image = 'curlimages/curl:8.10.1'
  if (!(await hasImage((await connectEngine()).docker, image))) return t.skip(`the engine has no ${image}`)
  const { code, stdout } = await command('run', 'all-down', '--client-image', image)
  assert.equal(code, 0, stdout)
  assert.match(stdout, /curl-8\.10\.1 = curl [\d.]+, resolver system/)
})

test('the Go client is built in a container', { skip }, async (t) => {
  if (!(await hasImage((await connectEngine()).docker, images.go))) return t.skip(`the engine has no ${images.go}`)
  const lab = await docker.open(signal)
  try {
    const sources = new Map([
      ['go.mod', Buffer.from('module m\n\ngo 1.21\n')],
      ['main.go', Buffer.from('package main\n\nfunc main() { println("built") }\n')],
    ])
    const program = await lab.target?.buildGo(sources, false, signal)
    assert.equal(program?.toString('latin1', 0, 4), '\x7fELF')
    await assert.rejects(
      lab.target?.buildGo(new Map([['main.go', Buffer.from('nonsense')]]), false, signal) ?? Promise.resolve(),
      {
        code: 'BUILD_FAILED',
      },
    )
  } finally {
    await lab.stop()
  }
})

test('without IPv6 in the kernel a lab starts, and says what it lacks', { skip: skip || notLocal }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'failover-lab-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const socket = join(folder, 'docker.sock')
  const proxy = await engineProxy(socket, localSocket, (path, body) =>
    path.includes('/containers/create') && body.includes('disable_ipv6')
      ? 'OCI runtime create failed: write sysctl key net.ipv6.conf.all.disable_ipv6: open /proc/sys/net/ipv6/conf/all/disable_ipv6: no such file or directory'
      : undefined,
  )
  t.after(() => proxy.close())
  const { ended, child } = startLab(['run', 'all-down', 'ipv6-refused', '--client', 'node', '--runtime', 'docker'], {
    env: { ...engineEnv, DOCKER_HOST: `unix://${socket}` },
  })
  runners.push(child.pid ?? -1)
  const { code, stdout, stderr } = await ended
  assert.equal(code, 2, stdout + stderr)
  assert.equal(proxy.refused.length, 2)
  assert.match(stdout, /pass {2}all-down/)
  assert.match(stdout, /This needs ipv6: the engine's kernel has IPv6 switched off/)
})

test('a name that is taken is an error that says so, and its owner stays', { skip }, async () => {
  const engine = await connectEngine()
  const plan = {
    name: `failover-lab-test-${process.pid}`,
    image: images.node,
    argv: ['cat'],
    user: '1000:1000',
    labels: labelsOf('taken'),
    memoryMb: 64,
    pids: 16,
    host: { NetworkMode: 'none' },
  }
  const first = await startContainer(engine, plan)
  try {
    const error = await startContainer(engine, plan).catch((error: unknown) => engineError(error, engine.where))
    assert.ok(error instanceof LabError)
    assert.match(error.message, /The container name .* is already in use by container/)
    assert.match(error.remedy ?? '', /run it again/)
    assert.equal((await first.container.inspect()).State.Running, true)
  } finally {
    await first.remove()
    first.streams.close()
  }
})

test('labs side by side never meet', { skip }, async () => {
  const labs = await Promise.all(Array.from({ length: 6 }, () => docker.open(signal)))
  try {
    const said = await Promise.all(
      labs.map(async (lab, index) => {
        await lab.configure({ resolvConf: `nameserver 127.0.0.${index + 1}\n` })
        return inUnit(lab, 'cat /etc/resolv.conf')
      }),
    )
    assert.deepEqual(
      said.map((lines) => lines.join()),
      labs.map((_, index) => `nameserver 127.0.0.${index + 1}`),
    )
  } finally {
    await Promise.all(labs.map((lab) => lab.stop()))
  }
})
