/** docker-compose.yml against a real engine: what docs/docker.md says of it. Needs the image `failover-lab` on the engine. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { packageRoot } from '../../paths.ts'
import { findProgram } from '../programs.ts'
import { connectEngine } from './engine.ts'
import { hasImage } from './pull.ts'
import { whyNoEngine } from './testing.ts'

const run = promisify(execFile)
const composeProgram = await findCompose()
const skip =
  (await whyNoEngine()) ||
  (!composeProgram && 'there is no docker-compose') ||
  (!(await hasLabImage()) && 'the engine has no image failover-lab')

/** Of its own, beside whatever else the engine carries. */
const project = `failover-lab-test-${process.pid}`
const env = {
  ...process.env,
  COMPOSE_PROJECT_NAME: project,
  DOCKER_SOCKET: /^unix:\/\/(.*)/.exec(process.env.DOCKER_HOST ?? '')?.[1] ?? '/var/run/docker.sock',
}
const servers = { 'server-1': '127.0.0.1', 'server-2': '127.0.0.2', 'server-3': '127.0.0.3', 'server-v6': '::1' }

const compose = async (...args: readonly string[]): Promise<string> => {
  const [program = '', ...first] = composeProgram ?? []
  return (await run(program, [...first, ...args], { cwd: packageRoot, env })).stdout
}
/** What a request from within the compose file's network is answered. */
const ask = (url: string, longestMs = 20_000): Promise<string> =>
  compose(
    ...['run', '--rm', '--no-deps', '-T', 'client', 'node', '-e'],
    `fetch('${url}', { signal: AbortSignal.timeout(${longestMs}) }).then(async (r) => console.log(await r.text()), (e) => console.log(e.cause?.code ?? e.name))`,
  )

after(async () => {
  if (!skip) await compose('down', '--volumes', '--timeout', '1')
})

test('`up` starts the network, then DNS, and the servers when DNS is healthy', { skip }, async () => {
  await compose('up', '-d')
  const { State: dns } = await inspect('dns')
  const firstHealthy = Date.parse(dns.Health?.Log.find(({ ExitCode }) => ExitCode === 0)?.Start ?? '')
  for (const server of Object.keys(servers)) {
    assert.ok(Date.parse((await inspect(server)).State.StartedAt) >= firstHealthy, `${server} started before DNS was healthy`)
    await untilHealthy(server)
  }
})

test('each server answers under its own address, and DNS names all of them', { skip }, async () => {
  for (const address of Object.values(servers)) {
    const host = address.includes(':') ? `[${address}]` : address
    assert.match(await ask(`http://${host}:1323/`), new RegExp(`^Hello from ${address} `), address)
  }
  assert.match(await ask('http://ha.lab.test:1323/'), /^Hello from ::1 \(process 1\)$/m)
})

test('`kill` of a server leads clients to another, and `pause` lets them wait', { skip }, async () => {
  await compose('kill', 'server-v6')
  assert.match(await ask('http://ha.lab.test:1323/'), /^Hello from 127\.0\.0\.[123] /)
  await compose('pause', 'server-1')
  assert.match(await ask('http://127.0.0.1:1323/', 2000), /^TimeoutError$/m)
  await compose('unpause', 'server-1')
  assert.match(await ask('http://127.0.0.1:1323/'), /^Hello from 127\.0\.0\.1 /)
})

test('`run --rm lab all-down` needs nothing but the engine, Go included', { skip }, async () => {
  assert.match(await compose('run', '--rm', '-T', 'lab', 'all-down'), /all-down with go:[\s\S]*all-down with node-fetch: 5 of 5/)
})

test('`down --volumes` leaves nothing', { skip }, async () => {
  await compose('down', '--volumes', '--timeout', '1')
  const { docker } = await connectEngine()
  const filters = { label: [`com.docker.compose.project=${project}`] }
  assert.deepEqual(await docker.listContainers({ all: true, filters }), [])
  assert.deepEqual((await docker.listVolumes({ filters })).Volumes ?? [], [])
  assert.deepEqual(await docker.listNetworks({ filters }), [])
})

async function inspect(service: string) {
  const { docker } = await connectEngine()
  const label = [`com.docker.compose.project=${project}`, `com.docker.compose.service=${service}`]
  const [found] = await docker.listContainers({ all: true, filters: { label } })
  assert.ok(found, `there is no container of ${service}`)
  return docker.getContainer(found.Id).inspect()
}

async function untilHealthy(service: string): Promise<void> {
  for (const deadlineMs = performance.now() + 60_000; ; await wait(100)) {
    const { State } = await inspect(service)
    if (State.Health?.Status === 'healthy') return
    assert.ok(performance.now() < deadlineMs && State.Running, `${service} is ${State.Health?.Status}, ${State.Status}`)
  }
}

/** Compose is a plugin of the docker command, or a program of its own. */
async function findCompose(): Promise<readonly string[] | undefined> {
  if (findProgram('docker-compose')) return ['docker-compose']
  const isPlugin = await run('docker', ['compose', 'version']).then(
    () => true,
    () => false,
  )
  return isPlugin ? ['docker', 'compose'] : undefined
}

async function hasLabImage(): Promise<boolean> {
  return hasImage((await connectEngine()).docker, 'failover-lab')
}
