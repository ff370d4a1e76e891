// How many queries a second the DNS server answers on one core, beside dns2 as it comes: two shuffled A records each.
//   node bench/dns.mjs [--seconds 5]
// The unit's events are on and read by a consumer: one line a query, counted. Needs dnsperf; taskset pins cores where present.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const seconds = Math.min(Number(process.argv[process.argv.indexOf('--seconds') + 1]) || 5, 30)

const has = (command) => {
  try {
    execFileSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
if (!has('dnsperf')) {
  console.log('Skipped: dnsperf is not installed (Debian and Ubuntu: apt-get install dnsperf).')
  process.exit(0)
}
const pins = has('taskset') && availableParallelism() > 1
const onCore = (core, command) => (pins ? ['taskset', '-c', String(core), ...command] : command)

// dns2 as its README shows it, with the least that gives two shuffled answers.
const dns2AsItComes = `
const { createServer, Packet } = require('dns2')
const server = createServer({ udp: true, handle: (request, send) => {
  const response = Packet.createResponseFromRequest(request)
  const [question] = request.questions
  const addresses = ['127.0.0.1', '127.0.0.2']
  if (Math.random() < 0.5) addresses.reverse()
  for (const address of addresses)
    response.answers.push({ name: question.name, type: Packet.TYPE.A, class: Packet.CLASS.IN, ttl: 0, address })
  send(response)
} })
server.on('listening', ({ udp }) => console.log(JSON.stringify({ event: 'listening', port: udp.port })))
server.listen({ udp: { port: 0, address: '127.0.0.1' } })
`
const listen = {
  command: 'listen',
  address: '127.0.0.1',
  port: 0,
  seed: 1,
  zone: { 'ha.lab.test': { A: { addresses: ['127.0.0.1', '127.0.0.2'] }, order: 'shuffled' } },
}

/** Starts a server on the first core, loads it from the second one, and returns queries and events a second. */
async function measure(script, command) {
  const [file, ...args] = onCore(0, [process.execPath, '-e', script])
  const server = spawn(file, args, { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] })
  try {
    let events = 0
    const port = await new Promise((resolve, reject) => {
      server.once('exit', (code) => reject(new Error(`The server ended with code ${code}.`)))
      const lines = createInterface({ input: server.stdout })
      lines.once('line', (line) => {
        lines.close()
        server.stdout.on('data', (chunk) => {
          for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) events++
        })
        server.stdout.resume()
        resolve(JSON.parse(line).port)
      })
      if (command) server.stdin.write(`${JSON.stringify(command)}\n`)
    })
    const before = processorSeconds(server.pid)
    const report = await load(port)
    const perProcessorSecond = report.completed / (processorSeconds(server.pid) - before)
    if (command) {
      const flushed = events
      server.stdin.write('{"command":"flush","id":1}\n')
      while (events === flushed) await new Promise((resolve) => setTimeout(resolve, 20))
    }
    return { ...report, perProcessorSecond, events }
  } finally {
    server.removeAllListeners('exit')
    server.kill('SIGKILL')
  }
}

/** Of a process, from Linux's /proc: on a machine that others use as well, this says more than the clock. */
function processorSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number)
  return (user + system) / 100 // clock ticks: 100 a second on every Linux that Node runs on
}

async function load(port) {
  const [file, ...args] = onCore(1, [
    'dnsperf',
    '-s',
    '127.0.0.1',
    '-p',
    String(port),
    '-d',
    questions,
    '-l',
    String(seconds),
    '-c',
    '4',
    '-q',
    '200',
  ])
  const dnsperf = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  dnsperf.stdout.on('data', (chunk) => (text += chunk))
  await new Promise((resolve) => dnsperf.once('close', resolve))
  const number = (label) => Number(new RegExp(`${label}:\\s+([\\d.]+)`).exec(text)?.[1] ?? Number.NaN)
  return { perSecond: number('Queries per second'), completed: number('Queries completed'), lost: number('Queries lost') }
}

const folder = mkdtempSync(join(tmpdir(), 'dns-bench-'))
const questions = join(folder, 'questions')
try {
  writeFileSync(questions, 'ha.lab.test A\n')
  const { build } = await import('esbuild')
  const bundle = join(folder, 'unit.cjs')
  await build({
    absWorkingDir: root,
    entryPoints: ['dns/unit.ts'],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20.19',
  })
  const whole = (number) => Math.round(number).toLocaleString('en').padStart(8)
  const show = (name, { perSecond, perProcessorSecond, completed, lost, events }, extra = '') =>
    console.log(
      `${name.padEnd(30)}${whole(perSecond)} queries/s, ${whole(perProcessorSecond)} a second of its processor time  (${completed} answered, ${lost} lost${extra ? `, ${events} events` : ''})`,
    )
  console.log(
    `Two shuffled A records, ${seconds} s each, ${pins ? 'server on one core, dnsperf and reader on another' : 'cores not pinned'}`,
  )
  const before = await measure(dns2AsItComes)
  show('dns2 as it comes', before)
  const ours = await measure(`require(${JSON.stringify(bundle)}).main([])`, listen)
  show('DNS server unit, events read', ours, 'events')
  const ratio = (of) => (ours[of] / before[of]).toFixed(2)
  console.log(`ratio ${ratio('perSecond')}; by processor time ${ratio('perProcessorSecond')}`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
