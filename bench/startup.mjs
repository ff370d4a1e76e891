// `all-down` with the Node client in a network namespace, against its floor: an empty `npm run`, and in a fresh namespace
// four bare node servers, a bare UDP server and one node client that makes one request. Paired runs, ratio of medians.
//   node bench/startup.mjs [PAIRS]
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const pairs = Number(process.argv[2] ?? 15)
const isRoot = process.getuid() === 0

const server = (address) => `require('node:http').createServer((q,r)=>r.end('x')).listen(1323,'${address}',()=>console.log('up'))`
const udp = "require('node:dgram').createSocket('udp4').bind(53,'127.0.0.1',()=>console.log('up'))"
const client =
  "require('node:http').get('http://127.0.0.1:1323/',r=>{r.resume();r.on('end',()=>process.exit(0))}).on('error',()=>process.exit(9))"
// Waits for each to be up through its output, as the lab does; then one request; then the namespace ends.
const floorScript = `
ip link set lo up
echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start
{ ${['127.0.0.1', '127.0.0.2', '127.0.0.3', '::1'].map((address) => `node -e "${server(address)}" &`).join('\n')}
node -e "${udp}" & } > /tmp/floor-$$
while [ "$(grep -c up /tmp/floor-$$)" -lt 5 ]; do sleep 0.002; done
rm /tmp/floor-$$
node -e "${client}"
kill -9 -1
`
const inNamespace = [
  'unshare',
  ...(isRoot ? [] : ['--user', '--map-current-user', '--keep-caps']),
  '--net',
  '--pid',
  '--fork',
  '--kill-child',
  '--mount-proc',
  'sh',
  '-c',
  floorScript,
]

function time(argv) {
  const started = performance.now()
  const { status, signal, stderr } = spawnSync(argv[0], argv.slice(1), {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  })
  if (status !== 0 && signal !== 'SIGKILL' && status !== 137)
    throw new Error(`${argv.slice(0, 3).join(' ')}: ${status} ${stderr}`)
  return performance.now() - started
}
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

const emptyScript = ['npm', 'run', '--silent', 'empty', '--if-present'] // npm's own time: the script does not exist
const lab = ['npm', 'run', '--silent', 'scenario', 'all-down', '--', '--client', 'node', '--runtime', 'netns']
time(emptyScript)
time(inNamespace)
time(lab)
const rows = Array.from({ length: pairs }, () => ({ empty: time(emptyScript), floor: time(inNamespace), lab: time(lab) }))
const ratios = rows.map((row) => row.lab / (row.empty + row.floor))
console.log(`empty npm run    ${median(rows.map((row) => row.empty)).toFixed(0)} ms`)
console.log(`bare processes   ${median(rows.map((row) => row.floor)).toFixed(0)} ms`)
console.log(`all-down         ${median(rows.map((row) => row.lab)).toFixed(0)} ms`)
console.log(
  `ratio            ${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}, ${pairs} pairs; at most 1.5 is wanted)`,
)
