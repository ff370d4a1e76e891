/** `client-check` in a network of its own, as the command runs it: there the kernel's count of failed attempts is the truth. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { lab } from '../testing/command.ts'
import { ownNetwork } from '../testing/own-network.ts'
import { honest } from './honest-client.ts'

const skip = ownNetwork.length === 0 ? 'no network namespaces here' : false
const lookups = /emit\('lookup-[a-z]+', .*\n/g

async function checkCommand(source: string) {
  const folder = await mkdtemp(join(tmpdir(), 'client-check-'))
  try {
    const file = join(folder, 'client.cjs')
    await writeFile(file, source)
    return await lab(['client-check', process.execPath, file])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

test('a client that keeps every rule passes, with and without lookups', { skip }, async () => {
  for (const source of [honest, honest.replace(lookups, '\n')]) {
    const { code, stdout } = await checkCommand(source)
    assert.match(stdout, /16 requests, no mistake/)
    assert.equal(code, 0)
  }
})

test('a refused attempt that is left out is seen, also where no lookup is reported', { skip }, async () => {
  const secret = honest
    .replace(lookups, '\n')
    .replace(`const attempt = ++attempts`, `const attempt = address === '::1' ? 0 : ++attempts`)
    .replace(`emit('attempt-started'`, `if (attempt) emit('attempt-started'`)
    .replace(
      `emit('attempt-ended', { attempt, outcome: 'refused'`,
      `if (attempt) emit('attempt-ended', { attempt, outcome: 'refused'`,
    )
  assert.equal(secret.split('if (attempt)').length, 3)
  const { code, stdout } = await checkCommand(secret)
  assert.match(stdout, /\(a first address that refuses\): 0 attempts reported as failed, and 1 attempt failed/)
  assert.equal(code, 1)
})

test('a flood ends in a moment and a screenful', { skip }, async () => {
  const { code, stdout, tookMs } = await lab(['client-check', 'yes'])
  assert.match(stdout, /✗ it was stopped after 50 lines that are no events/)
  assert.ok(stdout.split('\n').length < 40, stdout)
  assert.ok(tookMs < 30_000, `${tookMs} ms`)
  assert.equal(code, 1)
})
