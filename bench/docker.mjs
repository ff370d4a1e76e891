// `all-down` in containers against the same containers started by hand, and many runs at once on one engine.
//   node bench/docker.mjs [RUNS]      needs a Docker engine
import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
const runs = Number(process.argv[2] ?? 30)
const lab = ['lab/bin.mjs', 'run', 'all-down', '--client', 'node', '--runtime', 'docker']
const limits = ['--rm', '-d', '-i', '--cap-drop', 'ALL', '--log-driver', 'none', '--memory', '512m', '--pids-limit', '256']
const docker = async (...args) => (await run('docker', args)).stdout.trim()

async function timed(task) {
  const startedMs = performance.now()
  await task()
  return performance.now() - startedMs
}

/** One network, the DNS server, the web servers and the client: as many containers as a run has. */
async function byHand() {
  const image = 'node:20-bookworm-slim'
  const network = await docker('run', ...limits, '--network', 'none', image, 'cat')
  const units = await Promise.all(
    [1, 2, 3].map(() =>
      docker('run', ...limits, '--network', `container:${network}`, image, 'node', '-e', 'process.stdin.resume()'),
    ),
  )
  await docker('rm', '-f', ...units)
  await docker('rm', '-f', network)
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
const [hand, own] = [[], []]
for (let i = 0; i < 5; i++) {
  hand.push(await timed(byHand))
  own.push(await timed(() => run(process.execPath, lab)))
}
console.log(
  `all-down in docker: ${median(own).toFixed(0)} ms; the same containers by hand: ${median(hand).toFixed(0)} ms; ${(median(own) / median(hand)).toFixed(2)} times`,
)

let mostMb = 0
const look = setInterval(() => {
  const rows = execFileSync('ps', ['-eo', 'rss=,args='], { encoding: 'utf8' }).split('\n')
  const ours = rows
    .filter((row) => /boot\.cjs|containerd-shim|lab\/bin\.mjs/.test(row))
    .map((row) => Number(row.trim().split(' ')[0]))
  mostMb = Math.max(mostMb, ours.reduce((sum, kb) => sum + kb, 0) / 1024)
}, 250)
const codes = []
const tookMs = await timed(() =>
  Promise.all(
    Array.from({ length: runs }, () =>
      run(process.execPath, lab).then(
        () => codes.push(0),
        (error) => codes.push(error.code),
      ),
    ),
  ),
)
clearInterval(look)
console.log(
  `${runs} runners at once: ${(tookMs / 1000).toFixed(1)} s, ${codes.filter((code) => code === 0).length} passed; resident memory of units, shims and runners at most ${mostMb.toFixed(0)} MB (shared pages counted each time)`,
)
