// `all-down` in containers against the same containers started by hand (bench/docker-by-hand.mjs says what that is).
//   node bench/docker.mjs [PAIRS]      needs a Docker engine on this machine
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { allDownByHand } from './docker-by-hand.mjs'

const run = promisify(execFile)
const pairs = Number(process.argv[2] ?? 11)

async function timed(task) {
  const startedMs = performance.now()
  await task()
  return performance.now() - startedMs
}
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
const byTheLab = () => run(process.execPath, ['lab/bin.mjs', 'run', 'all-down', '--client', 'node', '--runtime', 'docker'])

await byTheLab() // the build, and the engine's own first time
await allDownByHand()
const [own, hand, ratios] = [[], [], []]
for (let i = 0; i < pairs; i++) {
  // One after the other, in turns: other work on the machine meets both.
  const first = i % 2 === 0
  const before = first ? await timed(allDownByHand) : undefined
  own.push(await timed(byTheLab))
  hand.push(before ?? (await timed(allDownByHand)))
  ratios.push(own.at(-1) / hand.at(-1))
}
console.log(
  `all-down in docker: ${median(own).toFixed(0)} ms; by hand: ${median(hand).toFixed(0)} ms; median ratio ${median(ratios).toFixed(2)} of ${pairs} pairs (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`,
)
