import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { archiveOf, firstFileOf } from './archive.ts'

const files = [
  { name: 'lab/dist/unit.cjs', content: Buffer.from('one\n') },
  { name: `lab/${'long/'.repeat(30)}name`, content: Buffer.alloc(1025, 'x') },
  { name: 'lab/client', content: Buffer.from('#!'), executable: true },
]

test('tar reads the names, modes and sizes of an archive', () => {
  const listed = execFileSync('tar', ['-tv', '--numeric-owner'], { input: archiveOf(files), encoding: 'utf8' })
  for (const row of [
    /^drwxr-xr-x 0\/0 +0 .* lab\/$/m,
    /^-rw-r--r-- 0\/0 +4 .* lab\/dist\/unit\.cjs$/m,
    /^-rwxr-xr-x 0\/0 +2 .* lab\/client$/m,
  ])
    assert.match(listed, row)
  assert.match(listed, /^-rw-r--r-- 0\/0 +1025 .* lab\/(long\/){30}name$/m)
})

test('tar gives back the bytes that went in', () => {
  for (const { name, content } of files)
    assert.deepEqual(execFileSync('tar', ['-xO', name], { input: archiveOf(files) }), content)
})

test('the first file of an archive comes after its folders', () => {
  assert.deepEqual(firstFileOf(archiveOf(files)), Buffer.from('one\n'))
  assert.equal(firstFileOf(archiveOf([])), undefined)
})

test('a name that ustar cannot hold is refused', () => {
  assert.throws(() => archiveOf([{ name: 'x'.repeat(101), content: Buffer.alloc(0) }]), /too long/)
})
