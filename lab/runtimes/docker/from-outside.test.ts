/** Somebody else ends or thaws what belongs to a run: the run says so, names it, and blames neither the client nor a server. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type Docker from 'dockerode'
import { packageRoot } from '../../paths.ts'
import { type Ended, startLab } from '../../testing/command.ts'
import { containersOf, remainingOf } from '../../testing/remaining-containers.ts'
import { connectEngine } from './engine.ts'
import { images } from './images.ts'
import { hasImage } from './pull.ts'
import { engineEnv, whyNoEngine } from './testing.ts'

const skip = await whyNoEngine()
const testing = (name: string) => join(packageRoot, 'lab', 'testing', name)
const node = ['--client', 'node']

const runners: number[] = []
afterEach(async () => {
  if (!skip) assert.deepEqual(await remainingOf(...runners), [])
})

/** Runs it, and does this to the first container of that kind in that state. */
async function meddled(
  scenario: string,
  client: readonly string[],
  [kind, state]: readonly [string, string],
  meddle: (container: Docker.Container) => Promise<unknown>,
): Promise<Ended> {
  const { child, ended } = startLab(['run', scenario, ...client, '--runtime', 'docker'], { env: engineEnv })
  const pid = child.pid ?? -1
  runners.push(pid)
  const { docker } = await connectEngine()
  for (let done = false; !done; await wait(20)) {
    assert.equal(child.exitCode, null, `the run ended before its ${kind} was ${state}`)
    const found = (await containersOf(pid)).find(({ Names, State }) => Names[0]?.includes(`-${kind}`) && State === state)
    if (!found) continue
    done = await meddle(docker.getContainer(found.Id)).then(
      () => true,
      () => false, // not quite started
    )
  }
  return ended
}
const kill = (container: Docker.Container) => container.kill()
/** By then the lab has looked at what it has paused. */
const lookedAtMs = 300

test('a server killed from outside breaks the run', { skip }, async () => {
  const { code, stdout } = await meddled('slow-dns', node, ['servers-', 'running'], kill)
  assert.equal(code, 3, stdout)
  assert.match(stdout, /Unit servers was killed by SIGKILL: its container .* was killed from outside/)
})

/** Run for each request, and seen by captured packets. */
const command = ['--client', "mine=node -e 'fetch(process.argv[1]).then((r) => r.text()).then(console.log)' {url}"]
const own = (name: string, does: string) =>
  new RegExp(
    `why +The container failover-lab-\\w+-${name} of the lab, which ${does}, was killed from outside, .*\\n +do +run it again`,
  )
/** The run waits for 40 s between its two requests. */
const promptlyMs = 30_000

for (const [what, client] of [
  ['a client of the lab', node],
  ['a command', command],
] as const) {
  test(`with ${what}, the loss of the network's container ends the run, which names it`, { skip }, async (t) => {
    if (client === command && !(await hasTools())) return t.skip(`the engine has no ${images.tools}`)
    const { code, stdout, tookMs } = await meddled(testing('waiting.yaml'), client, ['client-', 'running'], () =>
      killBeside('network'),
    )
    assert.match(stdout, own('network', 'holds its network'))
    assert.equal(code, 2, stdout)
    assert.ok(tookMs < promptlyMs, `${tookMs} ms`)
  })
}

for (const [when, seen] of [
  ['at once', 'tools'],
  ['later', 'client-'],
] as const) {
  test(`the loss of the capture's container, ${when}, is not the client's fault`, { skip }, async (t) => {
    if (!(await hasTools())) return t.skip(`the engine has no ${images.tools}`)
    const { code, stdout, tookMs } = await meddled(testing('waiting.yaml'), command, [seen, 'running'], () => killBeside('tools'))
    assert.match(stdout, own('tools', 'captures packets and changes the network'))
    assert.doesNotMatch(stdout, /client-check/)
    assert.equal(code, 2, stdout)
    assert.ok(tookMs < promptlyMs, `${tookMs} ms`)
  })
}

test('a capture that is lost within a request is not the client’s fault', { skip }, async (t) => {
  if (!(await hasTools())) return t.skip(`the engine has no ${images.tools}`)
  const { code, stdout } = await meddled(testing('frozen.yaml'), command, ['server-127.0.0.1', 'paused'], () =>
    killBeside('tools'),
  )
  assert.match(stdout, own('tools', 'captures packets and changes the network'))
  assert.doesNotMatch(stdout, /client-check|✗/)
  assert.equal(code, 2, stdout)
})

const hasTools = async (): Promise<boolean> => hasImage((await connectEngine()).docker, images.tools)

/** The container of that name in the run that was started last. */
async function killBeside(name: string): Promise<void> {
  const { docker } = await connectEngine()
  const found = (await containersOf(runners.at(-1) ?? -1)).find(({ Names }) => Names[0]?.endsWith(`-${name}`))
  await docker.getContainer(found?.Id ?? name).kill()
}

for (const [what, becomes, meddle] of [
  ['thaws', 'container \\S+-server-127\\.0\\.0\\.1-\\d is running', (container: Docker.Container) => container.unpause()],
  ['kills', 'container \\S+-server-127\\.0\\.0\\.1-\\d is gone|nothing listens on 127\\.0\\.0\\.1 any more', kill],
] as const) {
  test(`whoever ${what} a frozen server from outside makes the run inconclusive`, { skip }, async () => {
    const { code, stdout } = await meddled(testing('frozen.yaml'), node, ['server-127.0.0.1', 'paused'], async (container) => {
      await wait(lookedAtMs)
      await meddle(container)
    })
    assert.equal(code, 2, stdout)
    assert.match(stdout, new RegExp(`The fault of step 2 \\(freeze: all\\) was lifted from outside: (${becomes})\\.`))
    assert.doesNotMatch(stdout, /✗/)
  })
}
