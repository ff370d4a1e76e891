// The memory of a whole run, all processes: the largest sum of proportional set sizes (PSS) seen while it ran (as root).
//   node bench/memory.mjs [SCENARIO] [CLIENT]
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const [scenario = 'all-down', client = 'node'] = process.argv.slice(2)
const child = spawn(process.execPath, ['lab/bin.mjs', 'run', scenario, '--client', client, '--runtime', 'netns'], {
  cwd: root,
  stdio: 'ignore',
})
let most = { kb: 0, processes: 0 }

function look() {
  const ours = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && (Number(pid) === child.pid || marked(pid)))
  const kb = ours.reduce((sum, pid) => sum + pssOf(pid), 0)
  if (kb > most.kb) most = { kb, processes: ours.length }
}
function marked(pid) {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`FAILOVER_LAB=${child.pid}`)
  } catch {
    return false
  }
}
function pssOf(pid) {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
const timer = setInterval(look, 10)
child.on('close', (code) => {
  clearInterval(timer)
  console.log(
    `${scenario} with ${client} (exit ${code}): ${(most.kb / 1024).toFixed(0)} MB in ${most.processes} processes at most`,
  )
})
