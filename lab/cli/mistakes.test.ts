/** A slip at the keyboard is answered with what was meant, or with what there is; nothing is ignored in silence. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { packageRoot } from '../paths.ts'
import { lab } from '../testing/command.ts'

const folder = await mkdtemp(join(tmpdir(), 'lab-mistakes-'))
after(() => rm(folder, { recursive: true }))
const bad = join(folder, 'bad.yaml')
await writeFile(bad, 'title: t\n')

const slips: readonly (readonly [args: readonly string[], said: RegExp])[] = [
  [['rnu'], /^failover-lab: There is no command rnu\.\n +did you mean run\?\n$/],
  [['all-down'], /^failover-lab: There is no command all-down\.\n +a scenario is run with `failover-lab run all-down`\n$/],
  [['list', 'x'], /^failover-lab: `list` takes nothing more, and x was given\.\n/],
  [['doctor', '--verbose'], /^failover-lab: `doctor` takes nothing more, and --verbose was given\.\n/],
  [
    ['run', '--client', 'node'],
    /^failover-lab: No scenario is named\.\n +name one \(`failover-lab list` has them\), or all: --all\n$/,
  ],
  [['run', 'all-down', '--jobs'], /^failover-lab: --jobs needs a value\.\n/],
  [['run', 'all-down', '--client', '--seed', '7'], /^failover-lab: --client needs a value\.\n/],
  [['run', '--all=yes'], /^failover-lab: --all takes no value\.\n/],
]
for (const [args, said] of slips) {
  test(`failover-lab ${args.join(' ')}`, async () => {
    const { code, stdout, stderr } = await lab(args)
    assert.match(stderr, said)
    assert.equal(stdout, '')
    assert.equal(code, 3)
  })
}

test('--version prints the version alone', async () => {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'))
  for (const word of ['--version', '-v', 'version']) assert.equal((await lab([word])).stdout, `${version}\n`)
})

test('a scenario that is named twice is run once', async () => {
  const { stdout } = await lab([
    'run',
    'all-down',
    './scenarios/all-down.yaml',
    'all-down',
    '--client',
    'node',
    '--reporter',
    'github',
  ])
  assert.equal(stdout, '2 of 2 runs passed\n')
})

test('validate names the good files beside the bad ones, and says nothing of running', async () => {
  const { code, stdout, stderr } = await lab(['validate', bad, 'all-down'])
  assert.equal(code, 3)
  assert.match(stdout, /^✓ .*all-down\.yaml\n$/)
  assert.match(stderr, /bad\.yaml:1:1/)
  assert.match(stderr, /failover-lab: 1 of 2 files has problems\.\n +docs\/language\.md has every key\n$/)
  assert.doesNotMatch(stderr, /run/)
})

test('started by npm, a command to type is one that npm knows', async () => {
  const env = { npm_lifecycle_event: 'lab' }
  assert.match((await lab(['run', 'nope'], { env })).stderr, /`npm run lab -- list` names them/)
  assert.match((await lab(['run', 'nope'])).stderr, /`failover-lab list` names them/)
})
