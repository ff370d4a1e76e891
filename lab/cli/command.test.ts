/** The command line from outside: exit codes, what is printed where, and words for each mistake. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { packageRoot } from '../paths.ts'
import { badClient, bin, type Ended, lab, startLab } from '../testing/command.ts'
import { ownNetwork } from '../testing/own-network.ts'
import { remainsOf, untilNothingRemains } from '../testing/remains.ts'
import { xmlProblem } from '../testing/xml.ts'

const folder = await mkdtemp(join(tmpdir(), 'lab-command-'))
after(() => rm(folder, { recursive: true }))

/** A scenario file of the test's own. */
async function scenarioFile(name: string, text: string): Promise<string> {
  const file = join(folder, name)
  await writeFile(file, text)
  return file
}
const simple = (steps: string) =>
  `title: t\nclients: [node]\nservers: [127.0.0.1]\ndns:\n  ha.lab.test: { A: [127.0.0.1] }\nsteps:\n${steps}`
const failing = await scenarioFile('failing.yaml', simple('  - request: http://ha.lab.test:1323/\n    expect: { status: 500 }\n'))
const unmet = await scenarioFile(
  'unmet.yaml',
  simple(
    '  - request: http://ha.lab.test:1323/\n    expect: { status: 200 }\n  - blackhole: 127.0.0.1\n  - request: http://ha.lab.test:1323/\n    expect: { status: 200 }\n',
  ),
)
const bad = await scenarioFile(
  'bad.yaml',
  simple(
    '  - request: http://example.com/\n  - request: http://ha.lab.test:1323/\n    expcet: { status: 200 }\n  - stop: 127.0.0.9\n',
  ),
)
const node = ['--client', 'node']
const jsonOf = ({ stdout }: Ended) => JSON.parse(stdout)
/** No stack trace, no internals. */
const inPlainWords = ({ stdout, stderr }: Ended) =>
  assert.doesNotMatch(stdout + stderr, /\n\s+at |node:internal|\[object|undefined|TypeError/)

const codes: readonly (readonly [what: string, args: readonly string[], code: number, said: RegExp])[] = [
  ['0 when all passed', ['run', 'all-down', ...node], 0, /✓ pass {2}all-down with node/],
  ['1 when one failed', ['run', failing], 1, /✗ status\n +expected {2}500\n +seen {6}200\n/],
  ['2 when one was inconclusive', ['run', unmet], 2, /why {2}Nothing met the fault of step 2/],
  ['1 when one failed and another was inconclusive', ['run', failing, unmet], 1, /1 failed, 1 inconclusive/],
  ['3 for an unknown command', ['rnu'], 3, /There is no command rnu/],
  ['3 for an unknown scenario, with the nearest', ['run', 'all-donw'], 3, /no scenario all-donw\.\n +did you mean all-down\?/],
  ['3 for a file that is not there', ['run', './nowhere.yaml'], 3, /Cannot read \.\/nowhere\.yaml \(ENOENT\)/],
  ['3 for a folder', ['run', './lab/'], 3, /Cannot read \.\/lab\/ \(not a regular file\)/],
  [
    '3 for an unknown option, with the nearest',
    ['run', 'all-down', '--repaet', '3'],
    3,
    /`run` has no option --repaet\.\n +did you mean --repeat\?/,
  ],
  [
    '3 for an unknown client, with the nearest',
    ['run', 'all-down', '--client', 'nod'],
    3,
    /no client nod\.\n +did you mean node\?/,
  ],
  [
    '3 for an unknown client beside a known one',
    ['run', 'all-down', '--client', 'node', '--client', 'rust'],
    3,
    /no client rust\.\n +its clients: go, node, node-fetch/,
  ],
  [
    '3 for a client of one’s own with a name of the lab',
    ['run', 'all-down', '--client', 'go=true'],
    3,
    /go is a client of the lab/,
  ],
  ['3 for an empty command', ['run', 'all-down', '--client', 'mine='], 3, /is not name='command'/],
  ['3 for an unknown runtime, with the nearest', ['run', 'all-down', '--runtime', 'netsn'], 3, /did you mean netns\?/],
  [
    '3 for an unknown reporter',
    ['run', 'all-down', '--reporter', 'xml'],
    3,
    /--reporter xml is not one of pretty, json, junit, github, html/,
  ],
  [
    '3 for two reports on one output',
    ['run', 'all-down', '--reporter', 'json', '--reporter', 'junit'],
    3,
    /give the others a file/,
  ],
  ['3 for a seed that is none', ['run', 'all-down', '--seed', '-1'], 3, /seed/],
  ['3 for a timeout without its unit', ['run', 'all-down', '--timeout', '90'], 3, /such as 90s or 2m/],
  ['3 for a journal that is none', ['judge', bad], 3, /bad\.yaml:1: this line is no entry of a journal/],
  ['3 for a journal that is not there', ['judge', join(folder, 'none.jsonl')], 3, /Cannot read the journal/],
  ['0 for help', ['--help'], 0, /Exit codes: 0 all passed/],
  ['0 for the list', ['list'], 0, /all-down +Every server is down/],
]
for (const [what, args, code, said] of codes) {
  test(`exit code ${what}`, async () => {
    const ended = await lab(args)
    assert.match(ended.stdout + ended.stderr, said)
    assert.equal(ended.code, code, ended.stdout + ended.stderr)
    inPlainWords(ended)
    assert.deepEqual(remainsOf(ended.pid), [])
  })
}

test('a bad file is refused with every problem, its line and column, and nothing is run', async () => {
  const ended = await lab(['run', 'all-down', bad])
  assert.equal(ended.code, 3)
  const { stderr } = ended
  for (const place of [/bad\.yaml:7:\d+/, /bad\.yaml:9:\d+/, /bad\.yaml:10:\d+/]) assert.match(stderr, place)
  assert.match(stderr, /did you mean `expect`\?/)
  assert.doesNotMatch(ended.stdout, /pass/)
  inPlainWords(ended)
})

test('Ctrl-C exits with 130, in one line, and leaves nothing', async () => {
  const { child, ended } = startLab(['run', join(packageRoot, 'lab/testing/frozen.yaml')])
  while (child.exitCode === null && remainsOf(child.pid ?? -1).length < 3) await wait(5)
  child.kill('SIGINT')
  const { code, stderr, pid } = await ended
  assert.equal(code, 130)
  assert.equal(stderr, 'failover-lab: interrupted; everything the lab started is gone.\n')
  assert.deepEqual(remainsOf(pid), [])
})

test('several scenarios side by side are reported in the order they were named', async () => {
  const names = ['sorted-answers', 'all-down', 'name-not-found', 'both-families']
  const report = jsonOf(await lab(['run', ...names, ...node, '--jobs', '4', '--reporter', 'json']))
  assert.deepEqual(
    report.runs.map((run: { scenario: string }) => run.scenario),
    names,
  )
  assert.equal(report.summary.broken, 0)
})

test('--all takes every shipped scenario, here those with the client node-off', async () => {
  const report = jsonOf(await lab(['run', '--all', '--client', 'node-off', '--jobs', '2', '--reporter', 'json']))
  assert.deepEqual(
    report.runs.map((run: { scenario: string }) => run.scenario),
    ['fallback-delay'],
  )
})

test('--repeat counts the seeds up, and prints each', async () => {
  const ended = await lab(['run', 'all-down', ...node, '--repeat', '3', '--seed', '4294967294'])
  assert.deepEqual(
    [...ended.stdout.matchAll(/seed (\d+)/g)].map((match) => match[1]),
    ['4294967294', '4294967295', '0'],
  )
  assert.match(ended.stdout, /3 runs: 3 passed/)
})

test('the seed that is printed repeats the run: the same answers', async () => {
  const answers = async (...args: string[]) => {
    const report = jsonOf(await lab(['run', 'all-down', ...node, '--reporter', 'json', ...args]))
    const queries = report.runs[0].steps.flatMap(
      (step: { queries: { answer?: { records: { data: string }[] } }[] }) => step.queries,
    )
    return {
      seed: report.runs[0].seed,
      text: JSON.stringify(
        queries.map((query: { answer?: { records: { data: string }[] } }) => query.answer?.records.map((record) => record.data)),
      ),
    }
  }
  const first = await answers()
  assert.equal((await answers('--seed', String(first.seed))).text, first.text)
})

test('a run that takes too long, here in a wait, is inconclusive, and says how far it got', async () => {
  const ended = await lab(['run', join(packageRoot, 'lab/testing/waiting.yaml'), '--timeout', '8s'])
  assert.equal(ended.code, 2)
  assert.match(ended.stdout, /The run took longer than 8 s; it got as far as step 2 of 3: wait/)
  assert.deepEqual((await untilNothingRemains(ended.pid, 5000)).remains, [])
  inPlainWords(ended)
})

test('a saved journal is judged to the same verdict and the same report', async () => {
  const journal = join(folder, 'runs.jsonl')
  const ran = await lab(['run', failing, unmet, ...node, '--journal', journal])
  const again = await lab(['judge', journal])
  assert.equal(again.code, ran.code)
  // Only the time of opening a lab is not in the journal.
  const withoutTime = (text: string) => text.replace(/\(?[\d.]+ m?s\)?/g, '').replace(/ +$/gm, '')
  assert.equal(withoutTime(again.stdout), withoutTime(ran.stdout))
})

for (const [what, args] of [
  ['a report', ['--reporter', 'pretty', '--reporter', 'junit=/nonexistent/x.xml']],
  ['a report on a full disk', ['--reporter', 'json=/dev/full']],
  ['a journal', ['--journal', '/nonexistent/x.jsonl']],
  ['a journal on a full disk', ['--journal', '/dev/full']],
] as const) {
  test(`${what} that cannot be written is an error with its path`, {
    skip: existsSync('/dev/full') ? false : 'needs /dev/full',
  }, async () => {
    const ended = await lab(['run', 'all-down', ...node, ...args])
    assert.equal(ended.code, 3)
    assert.match(
      ended.stderr,
      /failover-lab: Cannot write the (report|journal) \/(nonexistent\/x|dev\/full)\S* ?.*: .*(ENOENT|ENOSPC)/,
    )
    inPlainWords(ended)
  })
}

/** Runs the command through a shell, with its output somewhere else than a pipe of the test. */
const viaShell = (script: string) => lab(['run', 'all-down', ...node], { prefix: ['sh', '-c', script, 'sh'] })

test('a full disk under standard output is said', { skip: existsSync('/dev/full') ? false : 'needs /dev/full' }, async () => {
  const ended = await viaShell('exec "$@" > /dev/full')
  assert.equal(ended.code, 3)
  assert.match(ended.stderr, /^failover-lab: cannot write to standard output: .*ENOSPC/)
  inPlainWords(ended)
})

test('output to a pipe that closes ends quietly', async () => {
  const ended = await viaShell('("$@" --repeat 3 --jobs 1; echo "code $?" >&2) | head -c 1')
  assert.match(ended.stderr, /^code [03]\n$/) // 0 where all had run before anybody looked
  assert.equal(ended.stdout, 'a')
  const list = await viaShell('("$1" "$2" list; echo "code $?" >&2) | true')
  assert.equal(list.stderr, 'code 0\n')
  const both = await viaShell('("$@" --repeat 3 2>&1) | head -c 1')
  assert.equal(both.stderr, '')
})

test('files that were asked for are written also when nobody reads the rest, and nothing lies beside them', async () => {
  const to = await mkdtemp(join(folder, 'unread-'))
  const { stderr } = await viaShell(
    `("$@" --repeat 3 --reporter pretty --reporter json=${to}/a.json --journal ${to}/b.jsonl; echo "code $?" >&2) | true`,
  )
  assert.equal(stderr, 'code 0\n')
  assert.deepEqual((await readdir(to)).sort(), ['a.json', 'b.jsonl'])
  assert.equal(JSON.parse(await readFile(join(to, 'a.json'), 'utf8')).summary.pass, 3)
})

test('colour is only where it is wanted', async () => {
  const colored = async (env: NodeJS.ProcessEnv) => (await lab(['list'], { env })).stdout.includes('\u001b[')
  assert.equal(await colored({}), false) // not a terminal
  assert.equal(await colored({ FORCE_COLOR: '1' }), true)
  assert.equal(await colored({ FORCE_COLOR: '0' }), false)
  assert.equal(await colored({ NO_COLOR: '1' }), false)
})

test('on a terminal there is colour and a live line, and none with NO_COLOR or TERM=dumb', {
  skip: existsSync('/usr/bin/script') ? false : 'needs script(1)',
}, async () => {
  const onTerminal = (env: NodeJS.ProcessEnv, more = '') =>
    lab([], {
      prefix: ['sh', '-c', 'exec script -qec "$COMMAND" /dev/null', 'sh'],
      env: { TERM: 'xterm', COMMAND: `'${process.execPath}' '${bin}' run all-down --client node ${more}`, ...env },
    })
  const { stdout } = await onTerminal({})
  assert.ok(stdout.includes('\u001b[2K'), 'a line that is rewritten')
  assert.ok(stdout.includes('\u001b[32m'), 'green')
  assert.match((await onTerminal({}, '--repeat 2 --jobs 1')).stdout, /1 of 2 done · all-down · node: step 1 of 3/)
  assert.ok(!(await onTerminal({ NO_COLOR: '1' })).stdout.includes('\u001b[32m'))
  assert.ok(!(await onTerminal({ TERM: 'dumb' })).stdout.includes('\u001b'))
})

test('the reports for programs are nothing but their format on standard output', async () => {
  const args = ['run', 'all-down', failing, ...node]
  const [json, junit, github] = await Promise.all(['json', 'junit', 'github'].map((kind) => lab([...args, '--reporter', kind])))
  assert.deepEqual(json && jsonOf(json).summary, { pass: 1, fail: 1, inconclusive: 0, broken: 0, notRun: 0 })
  assert.equal(xmlProblem(junit?.stdout ?? ''), undefined)
  assert.match(
    github?.stdout ?? '',
    /^::error title=failing with node::step 1: status: expected 500, seen 200\n1 of 2 runs passed\n$/,
  )
})

test('a port that is taken is named, with what to do', {
  skip: process.platform === 'linux' ? false : 'needs Linux',
}, async () => {
  const listener = [process.execPath, join(packageRoot, 'lab/testing/with-listener.mjs'), '127.0.0.1', '1323']
  const ended = await lab(['run', 'all-down', ...node, '--runtime', 'loopback'], { prefix: [...ownNetwork, ...listener] })
  assert.equal(ended.code, 3)
  assert.match(
    ended.stdout,
    /Cannot bind server 127\.0\.0\.1:1323 \(EADDRINUSE\): another process holds it\.\n +do +.*--runtime netns.*(ss -ltnp|stop)/,
  )
  inPlainWords(ended)
})

for (const words of ['/nonexistent/client --flag', '/nonexistent/client {url}']) {
  test(`a client that is not there is missing, and named: ${words}`, async () => {
    const ended = await lab(['run', 'all-down', '--client', `mine=${words}`])
    assert.match(ended.stdout, /The client cannot be started: .*\/nonexistent\/client.*\n +do +install it, or give its path/)
    assert.equal(ended.code, 3)
    inPlainWords(ended)
  })
}

test('the environment of the user does not reach the units', async () => {
  const env = {
    http_proxy: 'http://127.0.0.1:9',
    HTTP_PROXY: 'http://127.0.0.1:9',
    NODE_OPTIONS: '',
    RES_OPTIONS: 'ndots:15 timeout:9',
    LOCALDOMAIN: 'lab.test',
    GODEBUG: 'netdns=cgo',
  }
  const ended = await lab(['run', 'both-families', ...node], { env })
  assert.equal(ended.code, 0, ended.stdout)
})

test('a bad command line of a client changes nothing: it is no shell line', async () => {
  const mark = join(folder, 'made')
  const ended = await lab(['run', 'all-down', '--client', `${badClient('crashes')} ; touch ${mark}`])
  assert.equal(ended.code, 2)
  assert.equal(existsSync(mark), false)
  await assert.rejects(readFile(mark))
})

test('standard input is not read', async () => {
  const { child, ended } = startLab(['list'])
  await once(child, 'spawn')
  assert.equal((await ended).code, 0)
})
