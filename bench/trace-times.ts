/**
 * The times in a client's trace against packets captured at the same time, in one namespace, as root:
 * each connection attempt against its SYN, each query in the DNS server's event against its datagram.
 *   node --import tsx bench/trace-times.ts [idle|busy]
 */
import { spawn } from 'node:child_process'
import { clientProgram } from '../lab/client-programs.ts'
import { run } from '../lab/run/run.ts'
import { netns } from '../lab/runtimes/netns.ts'
import { parseScenario } from '../lab/scenario/parse.ts'
import { buildTimeline } from '../lab/timeline/build.ts'

const requests = 200
const busy = process.argv[2] === 'busy'
const scenario = (faults: string) => `
title: Times against packets
servers: [127.0.0.1, "::1"]
dns: { ha.lab.test: { A: [127.0.0.1], AAAA: ["::1"] } }
steps:
${faults}
  - { request: http://ha.lab.test:1323/, times: ${faults === '' ? requests : 20}, fresh: true, expect: { status: 200 } }
`
const burners = busy ? [0, 1].map(() => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' })) : []
try {
  for (const client of ['go', 'node', 'node-fetch']) {
    for (const faults of ['', '  - { blackhole: "::1" }']) await compare(client, faults)
  }
} finally {
  for (const burner of burners) burner.kill('SIGKILL')
}

async function compare(client: string, faults: string): Promise<void> {
  const parsed = parseScenario(scenario(faults), 'trace-times')
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  const signal = AbortSignal.timeout(180_000)
  const variant = parsed.scenario.variants.find((one) => one.name === client)
  if (!variant) throw new Error(`no variant ${client}`)
  const lab = await netns.open(signal)
  // Lines of text: time, addresses, flags. Root keeps its capabilities in a unit.
  const filter =
    '(tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn) or (ip6 and tcp dst port 1323 and ip6[53] & 2 != 0) or udp dst port 53'
  const capture = lab.start({
    id: 'capture',
    argv: ['tcpdump', '-i', 'lo', '-nn', '-tt', '-l', '--immediate-mode', filter],
    env: { PATH: process.env.PATH ?? '' },
  })
  const packets: { readonly atUs: number; readonly text: string }[] = []
  capture.onLine((text) => {
    const [time = ''] = text.split(' ')
    packets.push({ atUs: Math.round(Number(time) * 1e6), text })
  })
  await new Promise((resolve) => setTimeout(resolve, 500)) // tcpdump says when it listens on standard error only
  const journal = await run({
    scenario: parsed.scenario,
    variant,
    seed: 1,
    repetition: 1,
    signal,
    lab: Promise.resolve(lab),
    program: () => clientProgram(variant, new Map(), () => {}, signal),
  })
  const timeline = buildTimeline(journal)
  const seen = timeline.steps.flatMap((step) => step.requests)
  const syns = packets.filter(({ text }) => text.includes('.1323: Flags [S]'))
  // Retransmitted SYNs keep their source port.
  const firstSyns = syns.filter(({ text }, i) => syns.findIndex((other) => sourceOf(other.text) === sourceOf(text)) === i)
  const attempts = seen.flatMap((request) => request.attempts)
  const asked = packets.filter(({ text }) => /\.53: /.test(text))
  const queries = timeline.steps.flatMap((step) => step.queries)
  const label = `${client.padEnd(11)} ${faults === '' ? 'healthy   ' : 'blackhole '} ${busy ? 'busy' : 'idle'}`
  if (firstSyns.length !== attempts.length || asked.length !== queries.length) {
    console.log(
      `${label}: ${attempts.length} attempts and ${firstSyns.length} SYNs, ${queries.length} queries and ${asked.length} datagrams: not compared`,
    )
    return
  }
  const attemptErrors = attempts.map((attempt, i) => Math.abs(attempt.startedUs - (firstSyns[i]?.atUs ?? 0)) / 1000)
  const queryErrors = queries.map((query, i) => Math.abs(query.atUs - (asked[i]?.atUs ?? 0)) / 1000)
  const gapErrors = seen.flatMap((request) => {
    const first = attempts.indexOf(request.attempts[0] as (typeof attempts)[number])
    return request.attempts.slice(1).map((attempt, i) => {
      const inTrace = attempt.startedUs - (request.attempts[i]?.startedUs ?? 0)
      const inPackets = (firstSyns[first + i + 1]?.atUs ?? 0) - (firstSyns[first + i]?.atUs ?? 0)
      return Math.abs(inTrace - inPackets) / 1000
    })
  })
  console.log(
    `${label}: attempts ${summary(attemptErrors, 3)}; queries ${summary(queryErrors, 3)}${gapErrors.length > 0 ? `; gaps ${summary(gapErrors, 10)}` : ''}`,
  )
}

function sourceOf(text: string): string {
  return text.split(' ')[2] ?? ''
}

function summary(errors: readonly number[], limitMs: number): string {
  const sorted = [...errors].sort((a, b) => a - b)
  const at = (share: number) => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(2)
  const within = sorted.filter((error) => error <= limitMs).length
  return `${within} of ${sorted.length} within ${limitMs} ms (median ${at(0.5)}, p99 ${at(0.99)}, most ${at(1)})`
}
