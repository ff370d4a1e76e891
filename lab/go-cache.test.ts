/** Where the Go client is kept: as the command sees it, since the folder is chosen once in its life. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { packageRoot } from './paths.ts'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'cache-')))
after(() => rmSync(root, { recursive: true }))
const { uid } = userInfo()
let made = 0
const newFolder = () => {
  const folder = join(root, String(++made))
  mkdirSync(folder)
  return folder
}
const script =
  "import { cacheFolder, goBuildCache } from './lab/go-cache.ts'; console.log(cacheFolder()); console.log(goBuildCache())"
async function placesWith(env: NodeJS.ProcessEnv): Promise<string[]> {
  const args = ['--import', 'tsx', '--input-type=module', '-e', script]
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: packageRoot,
    env: { PATH: process.env.PATH, TMPDIR: newFolder(), ...env },
  })
  return stdout.trim().split('\n')
}

test('a home that can be written to, and XDG_CACHE_HOME before it', async () => {
  const [home, xdg] = [newFolder(), newFolder()]
  assert.match((await placesWith({ HOME: home }))[0] ?? '', new RegExp(`^${home}/.*failover-lab$`))
  assert.deepEqual(await placesWith({ HOME: home, XDG_CACHE_HOME: xdg }), [join(xdg, 'failover-lab'), 'undefined'])
})

for (const [what, home] of [
  ['that is not there', () => join(root, 'nowhere')],
  ['that cannot be written to', () => '/proc'],
] as const) {
  test(`a home ${what}: a folder of this user's among the temporary files, for Go's own cache as well`, async () => {
    const TMPDIR = newFolder()
    const folder = join(TMPDIR, `failover-lab-${uid}`)
    assert.deepEqual(await placesWith({ HOME: home(), TMPDIR }), [folder, join(folder, 'go-build')])
  })
}

for (const [what, spoil] of [
  [
    'that others can write into',
    (folder: string) => {
      mkdirSync(folder)
      chmodSync(folder, 0o777)
    },
  ],
  ['that is a link', (folder: string) => symlinkSync(newFolder(), folder)],
] as const) {
  test(`a folder there ${what} is not used: what is in it would be run`, async () => {
    const TMPDIR = newFolder()
    spoil(join(TMPDIR, `failover-lab-${uid}`))
    await assert.rejects(placesWith({ HOME: '/proc', TMPDIR }), /is not only yours/)
  })
}
