// Many runs of `all-down` at once on one engine, each with a runner of its own: how many pass, time, memory.
//   node bench/docker-side-by-side.mjs [RUNS]      as root, on the engine's machine
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'

const run = promisify(execFile)
const runs = Number(process.argv[2] ?? 30)
const lab = ['lab/bin.mjs', 'run', 'all-down', '--client', 'node', '--runtime', 'docker']

/** What is there for the runs: the runners, the containers' processes, and the engine's process beside each container. */
const ours = /lab\/bin\.mjs|boot\.cjs|containerd-shim|sh -s$/
const engines = /^\S*(dockerd|containerd) /

/** Megabytes of memory of all such processes; pages that several share are split among them (PSS). */
function megabytes(pattern) {
  let kilobytes = 0
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    try {
      const words = `${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()} `
      if (!pattern.test(words.trim()) && !pattern.test(words)) continue
      kilobytes += Number(/^Pss: +(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0)
    } catch {} // ended meanwhile
  }
  return kilobytes / 1024
}

await run(process.execPath, lab) // the build, and the engine's own first time
const most = { ours: 0, engine: 0 }
const look = setInterval(() => {
  most.ours = Math.max(most.ours, megabytes(ours))
  most.engine = Math.max(most.engine, megabytes(engines))
}, 1000)
const startedMs = performance.now()
const ended = await Promise.all(
  Array.from({ length: runs }, () =>
    run(process.execPath, lab).then(
      () => ({ passed: true }),
      ({ code, stdout, stderr }) => ({
        passed: false,
        said: `exit ${code}\n${stdout.split('\n').slice(-8).join('\n')}${stderr}`,
      }),
    ),
  ),
)
clearInterval(look)
for (const { said } of ended) if (said) console.log(said)
console.log(
  `${runs} runs at once: ${ended.filter(({ passed }) => passed).length} passed in ${((performance.now() - startedMs) / 1000).toFixed(1)} s; at most ${most.ours.toFixed(0)} MB in runners, containers and their shims, ${most.engine.toFixed(0)} MB in the engine`,
)
process.exitCode = ended.every(({ passed }) => passed) ? 0 : 1
