/** Reports and journals in files: looked at before anything runs, and an older one is replaced whole or not at all. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { packageRoot } from '../paths.ts'
import { lab, startLab } from '../testing/command.ts'
import { remainsOf } from '../testing/remains.ts'

const folder = await mkdtemp(join(tmpdir(), 'lab-files-'))
after(() => rm(folder, { recursive: true }))
const linux = process.platform === 'linux' ? false : 'needs Linux'
const allDown = ['run', 'all-down', '--client', 'node']
const file = join(folder, 'report')
const viaShell = (script: string, args: readonly string[]) => lab([...allDown, ...args], { prefix: ['sh', '-c', script, 'sh'] })

for (const [what, args] of [
  ['report', ['--reporter', 'pretty', '--reporter', 'junit=/nonexistent/x']],
  ['journal', ['--journal', '/nonexistent/x']],
] as const) {
  test(`a ${what} that cannot be written is told before anything runs`, async () => {
    const { code, stdout, stderr } = await lab([...allDown, ...args])
    assert.equal(code, 3)
    assert.match(stderr, new RegExp(`^failover-lab: Cannot write the ${what} /nonexistent/x: .*ENOENT.*\n +choose a file .*\n$`))
    assert.equal(stdout, '')
  })
}

test('two outputs to one file are a mistake of the command line', async () => {
  for (const args of [
    ['--reporter', `json=${file}`, '--journal', file],
    ['--reporter', `json=${file}`, '--reporter', `junit=${folder}/./report`],
  ]) {
    const { code, stderr } = await lab([...allDown, ...args])
    assert.equal(code, 3)
    assert.match(stderr, /would both be written to .*report\.\n +give each a file of its own/)
  }
})

test('Ctrl-C leaves the older report as it was, and nothing beside it', { skip: linux }, async () => {
  await writeFile(file, 'old')
  const { child, ended } = startLab(['run', join(packageRoot, 'lab/testing/frozen.yaml'), '--reporter', `json=${file}`])
  while (child.exitCode === null && remainsOf(child.pid ?? -1).length < 3) await wait(5)
  child.kill('SIGINT')
  assert.equal((await ended).code, 130)
  assert.equal(await readFile(file, 'utf8'), 'old')
  assert.deepEqual(await readdir(folder), ['report'])
})

test('a report that does not fit on the disk leaves the older one as it was', { skip: linux }, async () => {
  await writeFile(file, 'old')
  const { code, stderr } = await viaShell('trap "" XFSZ; ulimit -f 1; exec "$@"', ['--reporter', `json=${file}`])
  assert.match(stderr, /^failover-lab: Cannot write the report .*report: .*EFBIG/)
  assert.equal(code, 3)
  assert.equal(await readFile(file, 'utf8'), 'old')
  assert.deepEqual(await readdir(folder), ['report'])
})

test('a file that the shell has opened is written to, not replaced', { skip: linux }, async () => {
  for (const [redirect, name] of [
    ['3>', '/dev/fd/3'],
    ['>', '/dev/stdout'],
    ['>', '/proc/self/fd/1'],
  ]) {
    await writeFile(file, '')
    const { ino } = await stat(file)
    const { code, stderr } = await viaShell(`exec "$@" ${redirect} ${file}`, ['--reporter', `junit=${name}`])
    assert.equal(code, 0, stderr)
    assert.match(await readFile(file, 'utf8'), /^<\?xml/)
    assert.equal((await stat(file)).ino, ino)
  }
})

test('a report that fails keeps neither the others nor the journal from being written', { skip: linux }, async () => {
  const journal = join(folder, 'run.jsonl')
  const { code } = await lab([...allDown, '--reporter', 'junit=/dev/full', '--reporter', `json=${file}`, '--journal', journal])
  assert.equal(code, 3)
  assert.equal(JSON.parse(await readFile(file, 'utf8')).summary.pass, 1)
  assert.match(await readFile(journal, 'utf8'), /"run-started"/)
})
