// `all-down` by hand: what a person would type to have in containers what the lab has there, for bench/docker.mjs to compare with.
// It is the same work by the shortest way. The same four containers with the same image, user and limits: one that holds the
// network, the DNS server, the web servers, the client. The lab's own servers and a real client do what the scenario says: a
// request that is answered, the servers stopped, a request that is refused. All that can start side by side does, nothing is
// recorded or judged, and the files are mounted instead of sent, which the lab cannot do: its engine may be another machine.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const image = 'node:20-bookworm-slim'
const rights = ['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--log-driver', 'none', '--rm', '-i']
const limits = (memoryMb, pids) => [...rights, '--memory', `${memoryMb}m`, '--pids-limit', `${pids}`]
const docker = async (...args) => (await run('docker', args)).stdout.trim()

const listen = ['127.0.0.1', '127.0.0.2', '127.0.0.3']
  .map((address) => JSON.stringify({ command: 'listen', address, port: 1323, seed: 1, idleTimeoutMs: 0 }))
  .join('\n')
const servers = `{ echo '${listen}'; exec sleep 1000; } | exec node lab/boot.cjs server-unit`
const dns = ['node', 'lab/boot.cjs', 'dns-alone', '--port', '53', '--seed', '7', '--zone', 'dns/compose-zone.yaml']
/** Asks until it is answered, then, told by a line, once more; writes how each ended. */
const client = `
  const ask = (done) => require('http').get('http://v4.lab.test:1323/', { agent: false }, (answer) =>
    answer.resume().on('end', () => done(answer.statusCode))).on('error', (error) => done(error.code))
  const first = () => ask((word) => (word === 200 ? console.log(word) : setTimeout(first, 5)))
  first()
  process.stdin.once('data', () => ask(console.log))`

/** Settles when all is gone again. */
export async function allDownByHand() {
  const network = await docker(
    ...['run', '-d', ...limits(64, 32), '--network', 'none', '--hostname', 'lab', '--dns', '127.0.0.1'],
    ...['--sysctl', 'net.ipv4.ip_unprivileged_port_start=0', '--sysctl', 'net.ipv6.conf.all.disable_ipv6=0', image, 'cat'],
  )
  const inside = ['--network', `container:${network}`, '-v', `${root}:/app:ro`, '-w', '/app', '-u', '1000:1000']
  const name = `by-hand-${network.slice(0, 8)}-client`
  const asking = spawn('docker', ['run', '--name', name, ...limits(512, 256), ...inside, image, 'node', '-e', client], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const answered = once(asking.stdout, 'data')
  const [web, names] = await Promise.all([
    docker('run', '-d', ...limits(512, 256), ...inside, image, 'sh', '-c', servers),
    docker('run', '-d', ...limits(512, 256), ...inside, image, ...dns),
  ])
  expect(await answered, '200')
  const refused = once(asking.stdout, 'data')
  await docker('kill', web)
  asking.stdin.write('\n')
  expect(await refused, 'ECONNREFUSED')
  await docker('rm', '-f', name, names, network)
}

function expect([said], word) {
  if (said.toString().trim() !== word) throw new Error(`by hand: ${said.toString().trim()} instead of ${word}`)
}
