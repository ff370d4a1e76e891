/** A file is looked at before anything runs, and replaced whole or not at all. */
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { LabError } from '../errors.ts'
import { openOutputFile } from './output-file.ts'

const folder = await mkdtemp(join(tmpdir(), 'lab-output-'))
after(() => rm(folder, { recursive: true }))
let made = 0
/** A folder with a file in it. */
async function oldReport(): Promise<{ readonly inside: string; readonly file: string }> {
  const inside = join(folder, String(++made))
  await mkdir(inside)
  await writeFile(join(inside, 'report'), 'old')
  return { inside, file: join(inside, 'report') }
}
const failed = (pattern: RegExp) => (error: unknown) =>
  error instanceof LabError && error.code === 'OUTPUT_FAILED' && pattern.test(error.message)
const isRoot = process.getuid?.() === 0

test('opening changes nothing, and leaves nothing beside the file', async () => {
  const { inside, file } = await oldReport()
  await openOutputFile('report', file)
  await openOutputFile('report', join(inside, 'new'))
  assert.deepEqual(await readdir(inside), ['report'])
  assert.equal(await readFile(file, 'utf8'), 'old')
})

test('writing replaces the file, with its mode and through a link', async () => {
  const { inside, file } = await oldReport()
  await chmod(file, 0o640)
  const link = join(inside, 'link')
  await symlink('report', link)
  await (await openOutputFile('report', link)).write('new')
  assert.equal(await readFile(file, 'utf8'), 'new')
  assert.equal((await stat(file)).mode & 0o777, 0o640)
  assert.equal(await readlink(link), 'report')
  assert.deepEqual((await readdir(inside)).sort(), ['link', 'report'])
})

test('a new file has the mode that any new file has', async () => {
  const { inside } = await oldReport()
  await writeFile(join(inside, 'plain'), '')
  await (await openOutputFile('report', join(inside, 'new'))).write('new')
  assert.equal((await stat(join(inside, 'new'))).mode, (await stat(join(inside, 'plain'))).mode)
})

test('what cannot be written is known at the start, by name and reason', async () => {
  const { inside, file } = await oldReport()
  await assert.rejects(
    openOutputFile('report', join(inside, 'missing', 'x')),
    failed(/^Cannot write the report .*missing\/x: .*ENOENT/),
  )
  await assert.rejects(openOutputFile('journal', inside), failed(/^Cannot write the journal .*: it is a folder/))
  await assert.rejects(openOutputFile('report', join(file, 'x')), failed(/ENOTDIR/))
  if (isRoot) return // root may write everywhere
  await chmod(file, 0o400)
  await assert.rejects(openOutputFile('report', file), failed(/EACCES/))
  await chmod(inside, 0o500)
  await assert.rejects(openOutputFile('report', join(inside, 'new')), failed(/EACCES/))
  await chmod(file, 0o600)
  await (await openOutputFile('report', file)).write('in place')
  assert.equal(await readFile(file, 'utf8'), 'in place')
  await chmod(inside, 0o700)
})

test('a pipe is written to, not replaced', async () => {
  const { inside } = await oldReport()
  const pipe = join(inside, 'pipe')
  execFileSync('mkfifo', [pipe])
  const reader = spawn('cat', [pipe], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  reader.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part
  })
  const read = once(reader, 'close')
  await (await openOutputFile('report', pipe)).write('through')
  await read
  assert.equal(text, 'through')
})
