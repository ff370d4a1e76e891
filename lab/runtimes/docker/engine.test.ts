/** What is said where no engine can be used; engines here are small HTTP servers that only say what they are. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { lab } from '../../testing/command.ts'

const folder = mkdtempSync(join(tmpdir(), 'failover-lab-'))
after(() => rmSync(folder, { recursive: true }))

const run = (env: NodeJS.ProcessEnv) => lab(['run', 'all-down', '--client', 'node', '--runtime', 'docker'], { env })

/** An engine's socket; without a version it takes requests and stays silent. */
async function engine(t: { after(done: () => void): void }, version?: Readonly<Record<string, string>>): Promise<string> {
  const socket = join(folder, `${Math.random().toString(36).slice(2)}.sock`)
  const server = createServer((_request, response) => {
    if (version) response.setHeader('content-type', 'application/json').end(JSON.stringify(version))
  }).listen(socket)
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return socket
}

test('no engine: exit 3, where it was looked for, and what to do', async () => {
  const { code, stderr } = await run({ DOCKER_HOST: `unix://${folder}/none.sock` })
  assert.equal(code, 3)
  assert.match(stderr, /no Docker engine answers \(DOCKER_HOST=unix:.*none\.sock, ENOENT\)\.\n +start Docker, or set DOCKER_HOST/)
})

test('no permission on the socket: exit 3, and how to get it', async (t) => {
  const socket = await engine(t, { Version: '24.0.0' })
  chmodSync(socket, 0o000)
  // Root may do it all the same, unless it lacks the capability for that.
  const prefix = process.getuid?.() === 0 ? ['setpriv', '--bounding-set', '-dac_override,-dac_read_search'] : []
  const { code, stderr } = await lab(['run', 'all-down', '--runtime', 'docker'], {
    env: { DOCKER_HOST: `unix://${socket}` },
    prefix,
  })
  assert.equal(code, 3)
  assert.match(stderr, /no permission on the Docker socket \(DOCKER_HOST=.*\)\.\n +join the group that owns it/)
})

test('an engine older than 20.10 is named with its version', async (t) => {
  const socket = await engine(t, { Version: '19.03.15', ApiVersion: '1.40', Os: 'linux', Arch: 'amd64' })
  const { code, stderr } = await run({ DOCKER_HOST: `unix://${socket}` })
  assert.equal(code, 3)
  assert.match(stderr, /is 19\.03\.15 \(API 1\.40\), and the lab needs 20\.10/)
})

test('an engine of Windows containers is refused', async (t) => {
  const socket = await engine(t, { Version: '27.0.0', ApiVersion: '1.46', Os: 'windows', Arch: 'amd64' })
  assert.match((await run({ DOCKER_HOST: `unix://${socket}` })).stderr, /runs windows containers/)
})

test('an engine that is silent is given up after 10 s', async (t) => {
  const { code, stderr, tookMs } = await run({ DOCKER_HOST: `unix://${await engine(t)}` })
  assert.equal(code, 3)
  assert.match(stderr, /does not answer within 10 s/)
  assert.ok(tookMs >= 10_000, `${tookMs} ms`)
})

test('without DOCKER_HOST the current context says where the engine is', async (t) => {
  const socket = await engine(t, { Version: '19.03.15', ApiVersion: '1.40', Os: 'linux', Arch: 'amd64' })
  const config = join(folder, 'config')
  const meta = join(config, 'contexts', 'meta', createHash('sha256').update('workshop').digest('hex'))
  mkdirSync(meta, { recursive: true })
  writeFileSync(join(config, 'config.json'), JSON.stringify({ currentContext: 'workshop' }))
  writeFileSync(
    join(meta, 'meta.json'),
    JSON.stringify({ Name: 'workshop', Endpoints: { docker: { Host: `unix://${socket}` } } }),
  )
  assert.match((await run({ DOCKER_CONFIG: config })).stderr, /context workshop, unix:.* is 19\.03\.15/)
  const { code, stderr } = await run({ DOCKER_CONFIG: config, DOCKER_CONTEXT: 'gone' })
  assert.equal(code, 3)
  assert.match(stderr, /there is no Docker context gone\.\n +choose default or workshop: /)
  assert.doesNotMatch(stderr, /[0-9a-f]{32}/)
  const bare = join(folder, 'bare')
  assert.match(
    (await run({ DOCKER_CONFIG: bare, DOCKER_CONTEXT: 'gone' })).stderr,
    /there is no Docker context gone\.\n +choose default: /,
  )
})

for (const host of ['foo', 'unix:/var/run/docker.sock', 'foo://bar:1', 'tcp:///bar', 'tcp:/bar:1']) {
  test(`DOCKER_HOST=${host} is refused before any name is looked up`, async () => {
    const { code, stderr } = await run({ DOCKER_HOST: host })
    assert.equal(code, 3)
    assert.ok(stderr.includes(`DOCKER_HOST=${host} is no address.\n  write it as unix:///path, `), stderr)
  })
}

test('a path as DOCKER_HOST is refused with what it must be', async () => {
  const { code, stderr } = await run({ DOCKER_HOST: '/var/run/docker.sock' })
  assert.equal(code, 3)
  assert.match(stderr, /DOCKER_HOST=\/var\/run\/docker\.sock is no address\.\n +write it as unix:\/\/\/var\/run\/docker\.sock\n/)
})

test('an address and a port without a scheme are those of TCP, as for Docker itself', async () => {
  const { stderr } = await run({ DOCKER_HOST: '127.0.0.1:1' })
  assert.match(stderr, /no Docker engine answers \(DOCKER_HOST=127\.0\.0\.1:1, ECONNREFUSED\)/)
})

for (const [what, env, said] of [
  ['a port that is none', { DOCKER_HOST: 'tcp://127.0.0.1:99999' }, /DOCKER_HOST=tcp:\/\/127\.0\.0\.1:99999 cannot be used/],
  [
    'a folder of certificates that is not there',
    { DOCKER_HOST: 'tcp://127.0.0.1:1', DOCKER_CERT_PATH: '/nowhere', DOCKER_TLS_VERIFY: '1' },
    /cannot be used \(ENOENT/,
  ],
] as const) {
  test(`${what} is said with the forms that an address has`, async () => {
    const { code, stderr } = await run(env)
    assert.equal(code, 3)
    assert.match(stderr, said)
    assert.match(stderr, /write it as unix:\/\/\/path/)
  })
}

test('what answers and is no engine is said', async (t) => {
  const socket = await engine(t, { Version: '1' })
  assert.match((await run({ DOCKER_HOST: `unix://${socket}` })).stderr, /what answers at .* is no Docker engine/)
})

test('an image for a client needs the docker runtime', async () => {
  const { code, stderr } = await lab(['run', 'all-down', '--runtime', 'netns', '--client-image', 'curlimages/curl:8.10.1'])
  assert.equal(code, 3)
  assert.match(stderr, /--client-image needs containers, and --runtime netns has none/)
})
