/** A client may be any program. Whatever it does, the run ends in time, says so in plain words, and nothing remains. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { packageRoot } from '../paths.ts'
import { badClient, lab } from '../testing/command.ts'
import { ownNetwork } from '../testing/own-network.ts'
import { remainsOf } from '../testing/remains.ts'

const timeout = /The run took longer than 5 s; it got as far as /
const kinds: readonly (readonly [kind: string, does: string, said: RegExp])[] = [
  ['rubbish', 'prints rubbish', /The client wrote a line that is not JSON: "Listening on \\u001b\[31mport 3000"/],
  ['crashes', 'ends at once', /The client ended with exit code 9: Cannot find module "left-pad"/],
  ['waits', 'is never ready', new RegExp(`${timeout.source}starting`)],
  ['dies', 'dies within a request', /The client ended with exit code 7: it hurts/],
  ['regrets', 'is unable to go on', /why {2}The client cannot do this here: the moon is full\n +do {3}wait\n/],
  ['mute', 'never answers', new RegExp(`${timeout.source}step 1 of 3: GET`)],
  ['halts', 'begins a request and never ends it', timeout],
  ['misdates', 'gives times in milliseconds', /The client wrote a line that gives a time \d+ s off/],
  ['floods', 'floods its output with events', /The client flooded its output and was killed/],
  ['pours', 'writes a line without an end', /The client flooded its output and was killed/],
  ['stubborn', 'ignores SIGTERM and the end of its input', timeout],
  ['daemon', 'starts a process in a session of its own', timeout],
  ['abandons', 'starts a process that keeps its output open', timeout],
  ['orphans', 'dies and leaves a process that keeps its output open', /The client ended with exit code 7: it hurts/],
]
for (const runtime of ['netns', 'loopback'] as const) {
  const prefix = runtime === 'loopback' ? ownNetwork : []
  const skip = process.platform !== 'linux' ? 'looks at /proc' : ownNetwork.length === 0 ? 'no network namespaces here' : false
  for (const [kind, does, said] of kinds) {
    test(`in ${runtime}, a client that ${does} makes the run inconclusive and leaves nothing`, { skip }, async () => {
      // Only those that must meet the limit get a short one.
      const limit = said.source.startsWith(timeout.source) ? '5s' : '60s'
      const ended = await lab(['run', 'all-down', '--client', badClient(kind), '--timeout', limit, '--runtime', runtime], {
        prefix,
      })
      assert.match(ended.stdout, said)
      assert.match(ended.stdout, /\? inconclusive {2}all-down with bad/)
      assert.equal(ended.code, 2)
      assert.doesNotMatch(ended.stdout + ended.stderr, /\n\s+at |node:internal/)
      assert.deepEqual(remainsOf(ended.pid), [])
      assert.ok(ended.tookMs < 60_000, `${ended.tookMs} ms`)
    })
  }

  test(`in ${runtime}, a client that ends between two requests ends the run there`, { skip }, async () => {
    const waiting = join(packageRoot, 'lab', 'testing', 'waiting.yaml') // for 40 s
    const ended = await lab(['run', waiting, '--client', badClient('leaves'), '--runtime', runtime], { prefix })
    assert.match(ended.stdout, /The client ended with exit code 7/)
    assert.equal(ended.code, 2)
    assert.ok(ended.tookMs < 30_000, `${ended.tookMs} ms`)
  })

  test(`in ${runtime}, a client that claims an answer nobody gave is found out`, { skip }, async () => {
    const ended = await lab(['run', 'server-dies', '--client', badClient('terse'), '--timeout', '20s', '--runtime', runtime], {
      prefix,
    })
    assert.match(ended.stdout, /✗ served_by \(request 1\)\n +expected {2}127\.0\.0\.1\n +seen {6}nobody/)
    assert.match(ended.stdout, /\? attempts\n.*\n +seen +not seen: the client does not report `attempt-started`/)
    assert.equal(ended.code, 1)
  })

  test(`in ${runtime}, a client that never says that a request began does not pass`, { skip }, async () => {
    const ended = await lab(['run', 'both-families', '--client', badClient('silent'), '--timeout', '20s', '--runtime', runtime], {
      prefix,
    })
    assert.match(ended.stdout, /The client reported 0 of the 1 requests of step 1/)
    assert.notEqual(ended.code, 0)
  })
}
