import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { clientSettings } from '../client-settings.ts'
import { findProgram } from '../runtimes/programs.ts'
import { errorKinds } from '../scenario/expectation.ts'
import { checkClient } from './check.ts'
import { printCheck } from './print.ts'
import { optionalEvents } from './rules.ts'

const readme = readFileSync(new URL('../../clients/README.md', import.meta.url), 'utf8')

test('the README names every event, kind of error and setting of the Go client', () => {
  const words = [
    ...Object.keys(optionalEvents),
    'ready',
    'unable',
    'request-started',
    'request-ended',
    ...errorKinds,
    ...Object.keys(clientSettings.go.shape),
  ]
  assert.deepEqual(
    words.filter((word) => !readme.includes(`\`${word}\``)),
    [],
  )
})

const python = findProgram('python3')
test('the client in the README starts, and says `unable` where DNS is not at port 53', {
  skip: python ? false : 'there is no Python here',
}, async () => {
  const source = /```python\n(.*?)```/s.exec(readme)?.[1] ?? ''
  const report = await checkClient([python ?? 'python3', '-c', source], { signal: AbortSignal.timeout(30_000) })
  assert.match(report.unable?.reason ?? '', /port 53/, printCheck(report))
  assert.deepEqual(report.mistakes, [])
})
