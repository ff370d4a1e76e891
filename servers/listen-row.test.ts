import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authority, findListenRow, readListenRow, seeNoListener } from './listen-row.ts'
import { startServer } from './testing.ts'

const linux = process.platform === 'linux'
// Two rows of the same port, one listening (0A) with two connections waiting, one established (01).
const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0200007F:052B 00000000:0000 0A 00000000:00000002 00:00000000 00000000  1000        0 70001 1 0000000000000000 100 0 0 10 0
   1: 0100007F:052B 0100007F:C350 01 00000000:00000000 02:0000063E 00000000  1000        0 70002 2 0000000000000000 20 4 24 10 -1
`
const table6 = `   0: 00000000000000000000000001000000:052B 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 70003 1`

test('a LISTEN row is found by address and port, with its queue and inode', { skip: !linux }, () => {
  assert.deepEqual(findListenRow(table, '127.0.0.2', 1323), { queued: 2, inode: '70001' })
  assert.deepEqual(findListenRow(table6, '::1', 1323), { queued: 0, inode: '70003' })
})

test('another port, another address and another state are no LISTEN row', { skip: !linux }, () => {
  assert.equal(findListenRow(table, '127.0.0.2', 1324), undefined)
  assert.equal(findListenRow(table, '127.0.0.1', 1323), undefined)
  assert.equal(findListenRow(table6, '::2', 1323), undefined)
})

for (const address of ['127.0.0.3', '::1']) {
  test(`the row of a real server on ${address} comes and goes`, { skip: !linux }, async () => {
    const server = await startServer(address)
    assert.notEqual(readListenRow(address, server.port), undefined)
    await server.close()
    assert.equal(readListenRow(address, server.port), undefined)
    assert.match(await seeNoListener(address, server.port), /^no LISTEN row for /)
  })
}

test('a port that stays taken is not seen as free', async (t) => {
  const server = await startServer()
  t.after(server.close)
  await assert.rejects(seeNoListener(server.address, server.port), /still listened on/)
})

test('an IPv6 authority has brackets', () => {
  assert.equal(authority('::1', 1323), '[::1]:1323')
  assert.equal(authority('127.0.0.1', 1323), '127.0.0.1:1323')
})
