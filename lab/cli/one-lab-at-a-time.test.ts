/** Labs of the loopback runtime share the machine's addresses: one at a time, and the others say for whom they wait. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { packageRoot } from '../paths.ts'
import { type Started, startLab } from '../testing/command.ts'
import { ownNetwork } from '../testing/own-network.ts'
import { remainsOf, untilNothingRemains } from '../testing/remains.ts'
import { sharedNetwork } from '../testing/shared-network.ts'

const skip = ownNetwork.length > 0 ? false : 'needs a network namespace'
const frozen = join(packageRoot, 'lab', 'testing', 'frozen.yaml')
/** The runner, a DNS server, two web servers that are frozen, and a client. */
const unitsOfFrozen = 4

/** Commands in one network; what still runs when the test ends is killed. */
async function terminals(t: TestContext) {
  const network = await sharedNetwork()
  t.after(() => network.end())
  return (...args: string[]): Started => {
    const started = startLab(['run', ...args, '--client', 'node', '--runtime', 'loopback'], { prefix: network.prefix })
    t.after(() => void started.child.kill('SIGKILL'))
    return started
  }
}

async function untilUnits({ child }: Started, count = unitsOfFrozen): Promise<void> {
  while (child.exitCode === null && remainsOf(child.pid ?? -1).length < count) await wait(5)
  assert.equal(child.exitCode, null, 'the first lab has ended before the second one could meet it')
}

/** Settles when the command has written this to standard error. */
async function untilSaid({ child }: Started, pattern: RegExp): Promise<string> {
  let text = ''
  for await (const part of child.stderr ?? []) {
    text += part
    if (pattern.test(text)) return text
  }
  throw new Error(`it ended, and said ${text}`)
}

test('the second lab waits for the first, says for which process, and both pass', { skip }, async (t) => {
  const terminal = await terminals(t)
  const first = terminal(frozen)
  await untilUnits(first)
  const second = terminal('all-down')
  const [one, two] = await Promise.all([first.ended, second.ended])
  assert.equal(one.code, 0, one.stdout + one.stderr)
  assert.equal(one.stderr, '')
  assert.match(two.stderr, new RegExp(`^note {2}Another lab \\(pid ${one.pid}\\) is using .*loopback addresses.*\n +\\S.*\n$`))
  assert.equal(two.code, 0, two.stdout + two.stderr)
  assert.match(two.stdout, /✓ pass {2}all-down with node/)
})

test('labs of many runs take turns', { skip }, async (t) => {
  const terminal = await terminals(t)
  const first = terminal('all-down', '--repeat', '12')
  await untilUnits(first, 3)
  const second = terminal('all-down', '--repeat', '2')
  const { code, stdout, stderr } = await second.ended
  assert.equal(code, 0, stdout + stderr)
  assert.equal(stderr.match(/note/g)?.length, 1, stderr)
  assert.equal(first.child.exitCode, null, 'the first lab kept the second one waiting for all of its runs')
  assert.match((await first.ended).stdout, /12 runs: 12 passed/)
})

test('Ctrl-C ends the wait at once', { skip }, async (t) => {
  const terminal = await terminals(t)
  const first = terminal(frozen)
  await untilUnits(first)
  const second = terminal('all-down')
  await untilSaid(second, /Another lab/)
  second.child.kill('SIGINT')
  assert.equal((await second.ended).code, 130)
  assert.equal(first.child.exitCode, null)
})

test('a bad scenario file is refused without waiting', { skip }, async (t) => {
  const terminal = await terminals(t)
  const first = terminal(frozen)
  await untilUnits(first)
  assert.equal((await terminal('./README.md').ended).code, 3)
  assert.equal(first.child.exitCode, null)
})

test('a lab that is stopped is waited for as long as --timeout, and is named', { skip }, async (t) => {
  const terminal = await terminals(t)
  const first = terminal(frozen)
  await untilUnits(first)
  first.child.kill('SIGSTOP')
  const { code, stdout, stderr, tookMs } = await terminal('all-down', '--timeout', '2s').ended
  const pid = first.child.pid
  assert.equal(code, 3, stdout + stderr)
  assert.ok(tookMs >= 2000)
  assert.match(stderr, new RegExp(`failover-lab: Another lab \\(pid ${pid}, which is stopped\\) .*2 s\\.\n +.*kill -CONT ${pid}`))
  assert.equal(stdout, '')
  first.child.kill('SIGCONT')
  assert.equal((await first.ended).code, 0)
})

test('a lab that was killed holds nobody up, and nothing of it serves the next one', { skip }, async (t) => {
  const terminal = await terminals(t)
  const first = terminal(frozen)
  await untilUnits(first)
  const second = terminal('all-down')
  await untilSaid(second, /Another lab/)
  first.child.kill('SIGKILL')
  const { code, stdout, stderr } = await second.ended
  assert.equal(code, 0, stdout + stderr)
  assert.deepEqual((await untilNothingRemains(first.child.pid ?? -1, 5000)).remains, [])
})

test('no unit holds what keeps other labs waiting', { skip }, async (t) => {
  const terminal = await terminals(t)
  const first = terminal(frozen)
  await untilUnits(first)
  const holders = (pids: readonly (number | string)[]) => pids.filter((pid) => socketsOf(pid).some((inode) => isLock(pid, inode)))
  assert.deepEqual(holders([first.child.pid ?? -1]).length, 1)
  assert.deepEqual(holders(remainsOf(first.child.pid ?? -1).map((row) => row.split(' ')[0] ?? '')), [])
})

const socketsOf = (pid: number | string): string[] =>
  readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []
    } catch {
      return [] // closed meanwhile
    }
  })
const isLock = (pid: number | string, inode: string): boolean =>
  readFileSync(`/proc/${pid}/net/unix`, 'utf8')
    .split('\n')
    .some((row) => row.includes(` ${inode} `) && / @failover-lab-loopback-+$/.test(row))
