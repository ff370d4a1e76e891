import assert from 'node:assert/strict'
import { test } from 'node:test'
import { whyForbidden } from './namespace-refused.ts'

const refused = 'unshare: unshare failed: Operation not permitted'
const status = (seccomp: number, capabilities: string) => `Name:\tnode\nCapEff:\t${capabilities}\nSeccomp:\t${seccomp}\n`
const [none, ofContainer, all] = ['0000000000000000', '00000000a80425fb', '000001ffffffffff']

test("an ordinary user under a container's seccomp profile is told of that profile", () => {
  const { reason, remedy } = whyForbidden(refused, status(2, none), false)
  assert.match(reason, /seccomp profile of this container takes `unshare` away \(unshare: .*not permitted\)/)
  assert.match(remedy, /--security-opt seccomp=unconfined --security-opt systempaths=unconfined/)
})

test('root in a container is told that it lacks capabilities, and to be an ordinary user', () => {
  assert.match(whyForbidden(refused, status(2, ofContainer), true).reason, /root has not all its capabilities/)
  assert.match(whyForbidden(refused, status(2, ofContainer), true).remedy, /as an ordinary user/)
})

test('a read-only /proc/sys is named with the setting that opens it', () => {
  const text = 'sh: 6: cannot create /proc/sys/net/ipv4/ip_unprivileged_port_start: Read-only file system'
  assert.match(whyForbidden(text, status(0, none), false).remedy, /--security-opt systempaths=unconfined/)
})

test('without a filter it is the system that forbids them, and what else is said stays as it is', () => {
  assert.match(whyForbidden(refused, status(0, none), false).remedy, /apparmor_restrict_unprivileged_userns/)
  assert.match(whyForbidden(refused, status(0, all), true).remedy, /apparmor_restrict_unprivileged_userns/)
  assert.equal(whyForbidden('something else', status(2, none), false).reason, 'something else')
})
