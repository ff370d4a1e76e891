/** .devcontainer/ names only what there is. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { packageRoot } from '../lab/paths.ts'
import { images } from '../lab/runtimes/docker/images.ts'

const file = join(packageRoot, '.devcontainer', 'devcontainer.json')
const read = (path: string) => readFileSync(join(packageRoot, path), 'utf8')

interface DevContainer {
  readonly build: { readonly dockerfile: string }
  readonly remoteUser: string
  readonly runArgs: readonly string[]
  readonly postCreateCommand: string
  readonly postStartCommand: string
}
const container = JSON.parse(readFileSync(file, 'utf8')) as DevContainer

test('the dev container is JSON, and its Dockerfile and npm scripts exist', () => {
  assert.ok(existsSync(join(dirname(file), container.build.dockerfile)))
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  for (const command of [container.postCreateCommand, container.postStartCommand])
    for (const [, script = ''] of command.matchAll(/npm run (?:--silent )?(\S+)/g)) assert.ok(script in scripts, script)
})

test('its user is an ordinary one, with the two settings that a namespace takes', () => {
  assert.equal(container.remoteUser, 'node')
  assert.deepEqual(container.runArgs, ['--security-opt', 'seccomp=unconfined', '--security-opt', 'systempaths=unconfined'])
})

test("its Go and Node are those of the lab's images, and the packages those that the faults need", () => {
  const dockerfile = read(`.devcontainer/${container.build.dockerfile}`)
  assert.match(dockerfile, new RegExp(`^FROM ${images.go}@sha256:\\w+ AS go$`, 'm'))
  assert.match(dockerfile, new RegExp(`^FROM ${images.node}@sha256:\\w+$`, 'm'))
  for (const name of ['nftables', 'tcpdump', 'util-linux', 'iproute2', 'bind9-dnsutils'])
    assert.ok(dockerfile.includes(name), name)
})
