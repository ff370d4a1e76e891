/** `judge` prints saved journals as `run` prints runs: the same reporters, files and exit codes. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { lab } from '../testing/command.ts'
import { recordedFile, recordedNames } from '../testing/journals.ts'
import { xmlProblem } from '../testing/xml.ts'

const folder = await mkdtemp(join(tmpdir(), 'lab-judge-'))
after(() => rm(folder, { recursive: true }))
const journals = recordedNames.map(recordedFile)
const [first = '', second = ''] = journals

test('several runs in one journal are judged, each with its own verdict', async () => {
  const all = join(folder, 'all.jsonl')
  await writeFile(all, (await Promise.all(journals.map((file) => readFile(file, 'utf8')))).join(''))
  const { code, stdout } = await lab(['judge', all, '--reporter', 'json'])
  const report = JSON.parse(stdout)
  assert.equal(code, 0)
  assert.deepEqual(
    report.runs.map((run: { scenario: string; client: { variant: string } }) => `${run.scenario}.${run.client.variant}`),
    recordedNames,
  )
  assert.equal(report.summary.pass, recordedNames.length)
})

test('reports go to standard output and to files, in every kind', async () => {
  const file = (kind: string) => join(folder, kind)
  const kinds = ['json', 'junit', 'github', 'pretty']
  const { code, stdout } = await lab([
    'judge',
    first,
    second,
    ...kinds.flatMap((kind) => ['--reporter', `${kind}=${file(kind)}`]),
    '--reporter',
    'pretty',
  ])
  assert.equal(code, 0)
  assert.equal(stdout, await readFile(file('pretty'), 'utf8'))
  assert.equal(JSON.parse(await readFile(file('json'), 'utf8')).runs.length, 2)
  assert.equal(xmlProblem(await readFile(file('junit'), 'utf8')), undefined)
  assert.equal(await readFile(file('github'), 'utf8'), '2 of 2 runs passed\n')
})

test('exit code 1 for an expectation that does not hold, whatever the report', async () => {
  const changed = join(folder, 'changed.jsonl')
  const [started = '', ...rest] = (await readFile(first, 'utf8')).split('\n')
  await writeFile(changed, [started.replace('"values":[[200]]', '"values":[[204]]'), ...rest].join('\n'))
  for (const kind of ['pretty', 'github']) {
    const { code, stdout } = await lab(['judge', changed, '--reporter', kind])
    assert.match(stdout, /expected\s+204,?\s+seen\s+200/)
    assert.equal(code, 1)
  }
})

const mistakes: readonly (readonly [what: string, args: readonly string[], said: RegExp])[] = [
  ['no file', [], /`judge` needs a journal\.\n +write one with `failover-lab run all-down --journal FILE`/],
  ['a file that cannot be written', [first, '--reporter', 'json=/nonexistent/x'], /Cannot write the report \/nonexistent\/x/],
  ['a reporter that does not exist', [first, '--reporter', 'jsn'], /did you mean json\?/],
  ['an option of `run`', [first, '--seed', '7'], /`judge` has no option --seed/],
  ['a report over the journal itself', [first, '--reporter', `json=${first}`], /would be written over the journal/],
]
for (const [what, args, said] of mistakes) {
  test(`exit code 3 for ${what}`, async () => {
    const { code, stdout, stderr } = await lab(['judge', ...args])
    assert.match(stderr, said)
    assert.equal(code, 3)
    assert.equal(stdout, '')
  })
}
