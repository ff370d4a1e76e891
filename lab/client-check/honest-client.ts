/** For the tests of this folder: a client small enough to break. */

/**
 * A client in one file, without a keep-alive pool: correct as it stands, and wrong in one place where a test replaces a
 * piece of its text.
 */
export const honest = `
const net = require('node:net'), dns = require('node:dns'), readline = require('node:readline')
const nowUs = () => Math.round((performance.timeOrigin + performance.now()) * 1000)
const emit = (event, rest) => process.stdout.write(JSON.stringify({ event, atUs: nowUs(), ...rest }) + '\\n')
const kinds = { ECONNREFUSED: 'connection-refused', ENOTFOUND: 'name-not-found', ECONNRESET: 'reset' }
const resolver = new dns.promises.Resolver({ timeout: 1000, tries: 2 })
let attempts = 0, connections = 0, queue = Promise.resolve()
readline.createInterface({ input: process.stdin }).on('line', (line) => { queue = queue.then(() => carryOut(JSON.parse(line))) }).on('close', () => process.exit(0))
async function carryOut(c) {
  if (c.command === 'start') {
    resolver.setServers([c.dnsServer.address + ':' + c.dnsServer.port])
    return emit('ready', { client: 'honest', version: '1', resolver: 'c-ares' })
  }
  const { request } = c, url = new URL(c.url), host = url.hostname, port = Number(url.port)
  emit('request-started', { request })
  let end
  try {
    emit('lookup-started', { request, host })
    const found = await Promise.allSettled([resolver.resolve6(host), resolver.resolve4(host)])
    const addresses = found.flatMap((one) => one.value ?? [])
    emit('lookup-ended', { request, host, addresses })
    if (addresses.length === 0) throw found[1].reason
    let error
    for (const address of addresses) {
      const attempt = ++attempts
      emit('attempt-started', { request, attempt, address, port })
      const socket = net.connect(port, address)
      try {
        await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
      } catch (cause) {
        error = cause
        emit('attempt-ended', { attempt, outcome: 'refused', message: cause.message })
        continue
      }
      emit('attempt-ended', { attempt, outcome: 'connected' })
      const connection = ++connections
      emit('connection-used', { request, connection, reused: false, address, port, localPort: socket.localPort })
      socket.write(c.method + ' ' + url.pathname + ' HTTP/1.1\\r\\nHost: ' + url.host + '\\r\\nConnection: close\\r\\n\\r\\n')
      end = await exchange(socket, request, c.timeoutMs)
      socket.destroy()
      emit('connection-closed', { connection })
      break
    }
    if (!end) throw error
  } catch (error) {
    const code = error.code === 'ENODATA' ? 'ENOTFOUND' : error.code
    end = { error: { kind: kinds[code] ?? 'other', message: error.message, code } }
  }
  emit('request-ended', { request, ...end })
}
function exchange(socket, request, timeoutMs) {
  return new Promise((resolve) => {
    let text = '', cut
    const late = setTimeout(() => { socket.removeAllListeners('close'); resolve({ error: { kind: 'response-timeout', message: 'nothing came' } }) }, timeoutMs)
    socket.on('data', (data) => { text += data }).on('error', (error) => { cut = error }).on('close', () => {
      clearTimeout(late)
      if (text === '') return resolve({ error: { kind: cut ? 'reset' : 'closed', message: cut?.message ?? 'ended' } })
      const [head, rest] = text.split('\\r\\n\\r\\n'), status = Number(head.split(' ')[1])
      const length = /content-length: (\\d+)/i.exec(head), chunk = /^([0-9a-f]+)\\r\\n/.exec(rest)
      const all = chunk ? rest.slice(chunk[0].length, chunk[0].length + parseInt(chunk[1], 16)) : rest, body = all.slice(0, 4096)
      emit('head-received', { request, status })
      resolve({ status, body, ...(length && Number(length[1]) > all.length && { error: cut ? { kind: 'reset', message: cut.message } : { kind: 'body-incomplete', message: 'short' } }) })
    })
  })
}`
