/** Commands as clients under test, whole: in a namespace, as this user and (from root) as an ordinary one. */
import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { LabError } from '../../lab/errors.ts'
import { readJournals } from '../../lab/journal/file.ts'
import type { Journal } from '../../lab/journal/journal.ts'
import { netns } from '../../lab/runtimes/netns.ts'
import { findProgram } from '../../lab/runtimes/programs.ts'
import { lab, startLab } from '../../lab/testing/command.ts'
import { remainsOf, untilNothingRemains } from '../../lab/testing/remains.ts'
import { buildTimeline } from '../../lab/timeline/build.ts'

async function reasonToSkip(): Promise<string | false> {
  const missing = ['curl', 'tcpdump', 'setpriv'].find((program) => !findProgram(program))
  if (missing) return `${missing} is not on this machine`
  const opened = await netns.open(AbortSignal.timeout(10_000)).catch((error: unknown) => error)
  if (opened instanceof LabError) return opened.message
  await (opened as { stop(): Promise<void> }).stop()
  return false
}
const skip = await reasonToSkip()
const isRoot = process.getuid?.() === 0
const ordinary = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups']
const users: readonly [name: string, prefix: readonly string[]][] = isRoot
  ? [
      ['root', []],
      ['an ordinary user', ordinary],
    ]
  : [['this user', []]]
const withMounts = ['unshare', ...(isRoot ? [] : ['--map-root-user']), '--mount']

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'failover-lab-test-'))
  await chmod(folder, 0o777)
})
after(() => rm(folder, { recursive: true, force: true }))

let runs = 0
/** Runs a scenario in a namespace; gives its timeline and what was printed. */
async function runIn(prefix: readonly string[], scenario: string, client: string, env: NodeJS.ProcessEnv = {}) {
  runs += 1
  const file = join(folder, `${runs}.jsonl`)
  const ended = await lab(['run', scenario, '--runtime', 'netns', '--client', client, '--journal', file], { prefix, env })
  const [journal] = await readJournals(file).catch(() => [] as Journal[])
  assert.ok(journal, ended.stdout + ended.stderr)
  return { ...ended, timeline: buildTimeline(journal) }
}

for (const [user, prefix] of users) {
  test(`as ${user}, packets show curl's attempts when every server is down`, { skip }, async () => {
    const { code, stdout, timeline } = await runIn(prefix, 'all-down', 'curl')
    assert.equal(code, 0, stdout)
    const [healthy, down] = timeline.steps.flatMap((step) => step.requests)
    assert.deepEqual(
      healthy?.attempts.map(({ outcome }) => outcome),
      ['connected'],
    )
    assert.equal(healthy?.status, 200)
    assert.equal(healthy?.uses[0]?.localPort, healthy?.served[0]?.peerPort)
    assert.deepEqual(
      down?.attempts.map(({ outcome }) => outcome),
      ['refused', 'refused'],
    )
    assert.deepEqual([down?.error?.kind, down?.error?.code, down?.status], ['connection-refused', 'exit 7', undefined])
    assert.match(down?.error?.message ?? '', /^curl: \(7\)/)
  })

  test(`as ${user}, packets show curl's Happy Eyeballs when IPv6 swallows packets`, { skip }, async () => {
    const { timeline } = await runIn(prefix, 'ipv6-blackhole', 'curl')
    const [before, first, second, afterwards] = timeline.steps.flatMap((step) => step.requests)
    const shown = (request: typeof first) => request?.attempts.map(({ address, outcome }) => `${address} ${outcome}`)
    assert.deepEqual(shown(before), ['::1 connected'])
    for (const request of [first, second]) {
      assert.deepEqual(shown(request), ['::1 given_up', '127.0.0.1 connected'])
      const [v6, v4] = request?.attempts ?? []
      const gapMs = ((v4?.startedUs ?? 0) - (v6?.startedUs ?? 0)) / 1000
      assert.ok(gapMs >= 199 && gapMs < 5000, `curl waits 200 ms before the second family: ${gapMs}`)
      assert.equal(request?.status, 200)
      assert.equal(request?.served[0]?.address, '127.0.0.1')
    }
    assert.deepEqual(shown(afterwards), ['::1 connected'])
  })
}

test('a command line of the user’s own is run for each request, and its exit code is no secret', { skip }, async () => {
  const { timeline } = await runIn([], 'server-errors', "mine=curl -sS --fail-with-body -m {timeout_s} '{url}'")
  assert.deepEqual([timeline.client?.client, timeline.client?.resolver], ['curl', 'system'])
  assert.ok(timeline.steps.flatMap((step) => step.requests).some((request) => request.status === 503 && !request.error))
})

test('an own command line replaces that of a registered one', { skip }, async () => {
  const { timeline } = await runIn([], 'all-down', "curl=sh -c 'exit 9' {url}")
  assert.equal(timeline.steps[0]?.requests[0]?.error?.code, 'exit 9')
})

test('an attempt that found no route sent no packet, so nothing is said about it', {
  skip: skip || (!findProgram('ip') && 'no ip'),
}, async () => {
  const { stdout, code } = await runIn([], 'ipv6-unreachable', 'curl')
  assert.equal(code, 2, stdout)
  assert.match(stdout, /\? attempts[\s\S]*an attempt that finds no route sends no packet/)
  assert.doesNotMatch(stdout, /Nothing met/)
})

test('a capture that ends makes the run inconclusive, never wrong', { skip }, async () => {
  const script =
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's, not ours
    'read -r pid rest < /proc/self/stat; for d in /proc/[0-9]*; do read -r name < $d/comm; [ "$name" != tcpdump ] || kill ${d#/proc/}; done; curl -sS "$1"'
  const { stdout, code } = await runIn([], 'all-down', `mine=sh -c '${script}' sh {url}`)
  assert.equal(code, 2, stdout)
  assert.match(stdout, /The packet capture failed: it has ended/)
})

test('without tcpdump attempts are inconclusive, and it is said what to install', { skip }, async (t) => {
  const bin = join(folder, 'bin')
  await mkdir(bin)
  const programs = [
    'curl',
    'sh',
    'unshare',
    'nsenter',
    'setpriv',
    'mount',
    'hostname',
    'readlink',
    'mkdir',
    'grep',
    'cat',
    'nft',
    'env',
  ]
  for (const name of programs) {
    const file = findProgram(name)
    if (file) await symlink(file, join(bin, name))
  }
  if (['/usr/sbin', '/sbin'].some((path) => findProgram('tcpdump')?.startsWith(`${path}/`)))
    return t.skip('tcpdump is among the system programs here')
  const ip = findProgram('ip')
  if (ip) await symlink(ip, join(bin, 'ip'))
  const { stdout, code, timeline } = await runIn([], 'all-down', 'curl', { PATH: bin })
  assert.equal(code, 2, stdout)
  assert.equal(timeline.steps[0]?.requests[0]?.status, 200)
  assert.match(stdout, /\? error\n[\s\S]*\? attempts[\s\S]*tcpdump is not on this machine/)
  assert.match(stdout, /apt-get install tcpdump/)
  assert.doesNotMatch(stdout, /Nothing met/)
})

test('the settings in the home folder of the user are not read', { skip }, async () => {
  const script = `mount -t tmpfs none /root && echo 'user-agent = "mine"\nproxy = "127.0.0.1:1"' > /root/.curlrc && exec "$@"`
  const { stdout, code } = await runIn([...withMounts, 'sh', '-c', script, 'sh'], 'all-down', 'curl')
  assert.equal(code, 0, stdout)
})

test('nothing remains after the lab is killed while a command runs', { skip }, async () => {
  const { child, ended } = startLab([
    'run',
    'all-down',
    '--runtime',
    'netns',
    '--client',
    "mine=sh -c 'sleep 600 & sleep 600' {url}",
    '--journal',
    join(folder, 'killed.jsonl'),
  ])
  assert.ok(child.pid)
  const deadlineMs = performance.now() + 20_000
  const isRunning = () => remainsOf(child.pid ?? 0)
  while (!(isRunning().some((one) => one.includes('sleep 600')) && isRunning().some((one) => one.includes('tcpdump')))) {
    assert.ok(performance.now() < deadlineMs, isRunning().join('\n'))
    await new Promise((resolve) => setImmediate(resolve))
  }
  child.kill('SIGKILL')
  await ended
  assert.deepEqual((await untilNothingRemains(child.pid, 10_000)).remains, [])
})
