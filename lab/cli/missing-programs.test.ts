/** A machine that lacks something: what can still be seen is seen, and the rest says what would add it. */
import assert from 'node:assert/strict'
import { existsSync, realpathSync } from 'node:fs'
import { test } from 'node:test'
import { findGo } from '../go-client.ts'
import { searchPath } from '../runtimes/programs.ts'
import { lab } from '../testing/command.ts'
import { hiding } from '../testing/own-network.ts'

const folders = [...new Set([...searchPath().split(':'), '/bin', '/usr/bin'])]
/** Every place where a program is found, as the file it really is. */
const placesOf = (program: string) => [
  ...new Set(
    folders
      .map((folder) => `${folder}/${program}`)
      .filter(existsSync)
      .map((file) => realpathSync(file)),
  ),
]
const without = (...programs: string[]) => hiding(programs.flatMap(placesOf))
const skip = without('nft').length === 0 ? 'hiding a program takes root and a mount namespace' : false
const go = findGo()
const noGo = hiding([...placesOf('go'), ...(existsSync('/usr/local/go') ? ['/usr/local/go'] : [])])
const node = ['--client', 'node']

test('without Go the other clients run, and the command that adds it is named', {
  skip: skip || (go ? false : 'there is no Go to hide'),
}, async () => {
  const ended = await lab(['run', 'all-down'], { prefix: noGo })
  assert.match(
    ended.stdout,
    /- all-down +go +not run: there is no Go on this machine\. To add it: install Go .*apt-get install golang-go/,
  )
  assert.match(ended.stdout, /2 runs: 2 passed, 1 not run/)
  assert.equal(ended.code, 0, ended.stderr)
})

test('without Go, asking for it is an error', { skip }, async () => {
  const ended = await lab(['run', 'all-down', '--client', 'go'], { prefix: noGo })
  assert.match(ended.stdout, /not run: there is no Go on this machine/)
  assert.equal(ended.code, 3)
})

test('without nft a blackhole is made by a full accept queue', { skip }, async () => {
  const ended = await lab(['run', 'ipv6-blackhole', ...node, '--reporter', 'json'], { prefix: without('nft') })
  const [run] = JSON.parse(ended.stdout).runs
  assert.equal(run.outcome, 'pass', ended.stdout.slice(0, 2000))
  assert.equal(run.runtime, 'netns')
  assert.equal(run.steps[1].fault.mechanism, 'full accept queue')
})

test('with nft it is made by nft', { skip }, async () => {
  const ended = await lab(['run', 'ipv6-blackhole', ...node, '--reporter', 'json'], { prefix: hiding([]) })
  assert.equal(JSON.parse(ended.stdout).runs[0].steps[1].fault.mechanism, 'nft')
})

test('without nft, what only nft can do is inconclusive, with the command that adds it', { skip }, async () => {
  const scenario = 'lab/testing/packets.yaml'
  const ended = await lab(['run', scenario, ...node], { prefix: without('nft') })
  assert.match(
    ended.stdout,
    /why {2}This needs blackhole-all: nft is not on this machine\.\n +do +install it .*apt-get install nftables/,
  )
  assert.equal(ended.code, 2, ended.stdout + ended.stderr)
  assert.equal((await lab(['run', scenario, ...node], { prefix: hiding([]) })).code, 0)
})

for (const program of ['unshare', 'ip']) {
  test(`without ${program}, loopback takes over and says so; asking for netns is an error`, { skip }, async () => {
    const prefix = without(program)
    const ended = await lab(['run', 'all-down', ...node], { prefix })
    assert.match(ended.stdout, /runtime loopback/)
    assert.match(
      ended.stderr,
      new RegExp(
        `not on this machine: ${program}\\. The loopback runtime (is|was) used instead\\.\\n +install util-linux and iproute2`,
      ),
    )
    assert.equal(ended.code, 0, ended.stdout + ended.stderr)
    const asked = await lab(['run', 'all-down', ...node, '--runtime', 'netns'], { prefix })
    assert.match(asked.stdout + asked.stderr, new RegExp(`netns runtime does not work here: not on this machine: ${program}`))
    assert.equal(asked.code, 3)
  })
}

test('doctor names each thing that is missing with the command that adds it', { skip }, async () => {
  const ended = await lab(['doctor'], { prefix: hiding([...placesOf('nft'), ...placesOf('tcpdump')]) })
  assert.match(ended.stdout, /– blackhole-all .*\n +nft is not on this machine\n +do: install it .*nftables/)
  assert.match(ended.stdout, /✓ netns/)
})

test('without setpriv, loopback still runs', { skip }, async () => {
  const ended = await lab(['run', 'all-down', ...node, '--runtime', 'loopback'], { prefix: without('setpriv') })
  assert.equal(ended.code, 0, ended.stdout + ended.stderr)
})
