/** Faults on one server one after the other, in each runtime: what replaces what, and what counts as met. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { packageRoot } from '../paths.ts'
import { lab, startLab } from '../testing/command.ts'
import { ownNetwork } from '../testing/own-network.ts'
import { remainsOf } from '../testing/remains.ts'
import { whyNot } from '../testing/run-scenario.ts'

const folder = mkdtempSync(join(tmpdir(), 'faults-'))
after(() => rmSync(folder, { recursive: true }))

const ask = (expect: string, more = '', name = 'ha') =>
  `  - request: http://${name}.lab.test:1323/\n${more && `    ${more}\n`}    expect: ${expect}\n`
const fine = '{ status: 200, served_by: 127.0.0.1 }'
const next = '{ status: 200, served_by: 127.0.0.2 }'
const late = (range: string) => `{ status: 200, took: ${range} }`
const fresh = 'fresh: true'

/** Each: the fact, the steps, and what becomes of the run; a second outcome is that of `loopback`, where it cannot be shown. */
const cases: readonly (readonly [fact: string, steps: string, outcome: string, inLoopback?: string])[] = [
  [
    'a second slow replaces the first, and one lift ends both',
    `  - slow: 127.0.0.1\n    by: 2s\n${ask(late('2s..'))}  - slow: all\n    by: 100ms\n${ask(late('100ms..1.9s'))}  - lift: slow\n${ask('{ status: 200 }')}`,
    'pass',
  ],
  [
    'what the second slow has met, the first has not',
    `  - slow: 127.0.0.1\n    by: 2s\n  - slow: 127.0.0.1\n    by: 100ms\n${ask(late('100ms..1.9s'))}`,
    'inconclusive',
  ],
  [
    'a second blackhole replaces the first: open connections live again',
    `${ask(fine)}  - blackhole: 127.0.0.1\n    connections: all\n${ask('{ error: response-timeout }', 'timeout: 1500ms')}${'  - lift: blackhole\n'}${ask(fine)}  - blackhole: 127.0.0.1\n    connections: all\n    may_miss: true\n  - blackhole: 127.0.0.1\n${ask(fine)}${ask(next, fresh)}`,
    'pass',
    'inconclusive',
  ],
  [
    'a refusal holds on when its server was stopped and started',
    `  - refuse: 127.0.0.1\n${ask(next, fresh)}  - stop: 127.0.0.1\n    may_miss: true\n  - start: 127.0.0.1\n${ask(next, fresh)}  - lift: refuse\n${ask(fine, fresh)}`,
    'pass',
  ],
  [
    'a slow server that was killed is slow again when it is started',
    `  - slow: 127.0.0.1\n    by: 2s\n${ask(late('2s..'))}  - kill: 127.0.0.1\n${ask(next)}  - start: 127.0.0.1\n${ask(late('2s..'), fresh)}  - lift: slow\n${ask(late('..1.9s'), fresh)}`,
    'pass',
  ],
  [
    'what is lifted while its server is dead is over when it is back',
    `  - slow: 127.0.0.1\n    by: 2s\n${ask(late('2s..'))}  - kill: 127.0.0.1\n${ask(next)}  - lift: slow\n  - lift: kill\n${ask(late('..1.9s'), fresh)}`,
    'pass',
  ],
  [
    'a kill ends the freeze of that server, not of the other',
    `  - freeze: all\n${ask('{ error: response-timeout }', 'timeout: 1500ms')}  - kill: 127.0.0.1\n    may_miss: true\n  - lift: freeze\n${ask(next, fresh)}`,
    'pass',
  ],
  [
    'a close that comes after its start does not meet a stop',
    `${ask(fine)}  - stop: 127.0.0.2\n  - start: 127.0.0.2\n${ask(next, fresh, 'b')}${ask(fine)}`,
    'inconclusive',
  ],
  [
    'the close of a later connection does not meet a close_idle',
    `${ask(fine)}  - close_idle: 127.0.0.2\n${ask(next, fresh, 'b')}${ask(fine)}`,
    'inconclusive',
  ],
  [
    'a fault of DNS is met by a question for that name, or for an alias of it',
    `  - dns: { b.lab.test: { fault: servfail } }\n${ask('{ error: dns-failure }', '', 'alias')}`,
    'pass',
  ],
  [
    'a fault of DNS is not met by another name that has had one all the time',
    `  - dns: { b.lab.test: { fault: servfail } }\n${ask('{ status: 200 }', '', 'v4')}`,
    'inconclusive',
  ],
]

const zone = `dns:
  ha.lab.test: { A: [127.0.0.1, 127.0.0.2] }
  b.lab.test: { A: [127.0.0.2] }
  alias.lab.test: { CNAME: b.lab.test }
  v4.lab.test: { A: [127.0.0.1], AAAA: nodata }
`
const files = cases.map(([fact, steps], index) => {
  const file = join(folder, `case-${index + 1}.yaml`)
  writeFileSync(file, `title: ${JSON.stringify(fact)}\nclients: [node]\nservers: [127.0.0.1, 127.0.0.2]\n${zone}steps:\n${steps}`)
  return file
})

for (const runtime of ['netns', 'loopback'] as const) {
  const skip = await whyNot(runtime)
  test(`in ${runtime}`, { skip }, async (t) => {
    const prefix = runtime === 'loopback' ? ownNetwork : []
    const { stdout, stderr } = await lab(['run', ...files, '--runtime', runtime, '--seed', '1', '--reporter', 'json'], { prefix })
    assert.match(stdout, /^\{/, stderr)
    const { runs } = JSON.parse(stdout) as { runs: { title: string; outcome: string; checks: unknown; reasons: unknown }[] }
    for (const [fact, , outcome, inLoopback = outcome] of cases) {
      await t.test(fact, () => {
        const run = runs.find(({ title }) => title === fact)
        const wanted = runtime === 'loopback' ? inLoopback : outcome
        assert.equal(run?.outcome, wanted, JSON.stringify({ checks: run?.checks, reasons: run?.reasons }, null, 1))
      })
    }
  })
}

for (const [what, signal, seen] of [
  ['wakes', 'SIGCONT', 'pid \\d.*: not all threads are stopped'],
  ['kills', 'SIGKILL', '(pid \\d|nothing listens on 127)'],
] as const)
  test(`whoever ${what} a frozen server from outside makes the run inconclusive`, { skip: await whyNot('netns') }, async () => {
    const { child, ended } = startLab(['run', join(packageRoot, 'lab', 'testing', 'frozen.yaml'), '--runtime', 'netns'])
    const stopped = () => remainsOf(child.pid ?? -1).filter((row) => isStopped(Number.parseInt(row, 10)))
    while (child.exitCode === null && stopped().filter((row) => row.includes('server-unit')).length < 4) await wait(20)
    await wait(300) // by then the lab has looked at what it has stopped
    for (const row of stopped()) process.kill(Number.parseInt(row, 10), signal)
    const { code, stdout } = await ended
    assert.match(stdout, new RegExp(`The fault of step 2 \\(freeze: all\\) was lifted from outside: ${seen}`))
    assert.equal(code, 2)
  })

function isStopped(pid: number): boolean {
  try {
    return / T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false // ended meanwhile
  }
}
