// All scenarios at once: wall time against the larger of the longest scripted wait and the processor time over the cores.
// Processor time is the whole machine's (/proc/stat), so run it on a quiet one.
//   node bench/all-scenarios.mjs [RUNS [OPTION OF run ...]]
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const runs = Number(process.argv[2] ?? 3)

/** Seconds all processors have worked: user, nice, system, irq, softirq. */
function busyS() {
  const [user, nice, system, , , irq, softirq] = readFileSync('/proc/stat', 'utf8')
    .split('\n')[0]
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number)
  return (user + nice + system + irq + softirq) / 100
}

const longest = spawnSync(process.execPath, ['--import', 'tsx', 'bench/longest-wait.ts'], { cwd: root, encoding: 'utf8' })
const { name, ms } = JSON.parse(longest.stdout)
for (let i = 0; i < runs; i++) {
  const before = busyS()
  const started = performance.now()
  const { status, stdout } = spawnSync(
    'node',
    ['lab/bin.mjs', 'run', '--all', '--runtime', 'netns', '--reporter', 'json', ...process.argv.slice(3)],
    { cwd: root, encoding: 'utf8', maxBuffer: 1 << 30 },
  )
  const wallS = (performance.now() - started) / 1000
  const workS = (busyS() - before) / availableParallelism()
  const { summary } = JSON.parse(stdout)
  const least = Math.max(ms / 1000, workS)
  console.log(
    `${summary.pass} passed (exit ${status}) in ${wallS.toFixed(1)} s; longest scripted wait ${(ms / 1000).toFixed(1)} s (${name}), processor time over cores ${workS.toFixed(1)} s; ratio ${(wallS / least).toFixed(2)} (at most 1.3 is wanted)`,
  )
}
