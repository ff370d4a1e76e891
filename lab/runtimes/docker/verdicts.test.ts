/** The same scenarios, wherever they run: every verdict of the runtime `docker` is that of `netns`, check by check. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startLab } from '../../testing/command.ts'
import { netns } from '../netns.ts'
import type { RuntimeKind } from '../runtime.ts'
import { engineEnv, whyNoEngine } from './testing.ts'

const skip = (await whyNoEngine()) || (await whyNoNetns())

/** By `scenario with client`: why the verdict differs. None does. */
const differences: Readonly<Record<string, string>> = {}

const everything = ['--all']
/** What only commands go through: images, packets captured in a container. */
const withCurl = ['all-down', 'ipv6-refused', 'dns-silent', 'server-errors', '--client', 'curl']

for (const [what, scenarios] of Object.entries({ 'every shipped scenario with every client': everything, curl: withCurl })) {
  test(`${what}: the verdicts in containers are those of netns`, { skip }, async () => {
    const [expected, seen] = await Promise.all([verdicts('netns', scenarios), verdicts('docker', scenarios)])
    assert.deepEqual([...seen.keys()], [...expected.keys()])
    for (const [run, checks] of expected) if (!(run in differences)) assert.deepEqual(seen.get(run), checks, run)
  })
}

interface Report {
  readonly runs: readonly {
    readonly scenario: string
    readonly client: { readonly variant: string }
    readonly outcome: string
    readonly reasons: readonly { readonly message: string }[]
    readonly checks: readonly { readonly step: number; readonly key: string; readonly outcome: string; readonly seen: string }[]
  }[]
}

/** By scenario and client: the outcome of the run and of each check; what was seen only where it was not as expected. */
async function verdicts(runtime: RuntimeKind, scenarios: readonly string[]): Promise<Map<string, readonly string[]>> {
  const args = ['run', ...scenarios, '--runtime', runtime, '--seed', '11', '--timeout', '5m', '--reporter', 'json']
  const { ended } = startLab(args, { env: engineEnv, longestMs: 600_000 })
  const { stdout, stderr } = await ended
  assert.notEqual(stdout, '', stderr)
  const { runs } = JSON.parse(stdout) as Report
  return new Map(
    runs
      .map(({ scenario, client, outcome, reasons, checks }): [string, readonly string[]] => [
        `${scenario} with ${client.variant}`,
        [
          outcome,
          ...reasons.map(({ message }) => message),
          ...checks.map(
            ({ step, key, outcome: one, seen }) => `step ${step} ${key}: ${one}${one === 'pass' ? '' : `, seen ${seen}`}`,
          ),
        ],
      ])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

async function whyNoNetns(): Promise<string | false> {
  try {
    const lab = await netns.open(AbortSignal.timeout(30_000))
    await lab.stop()
    return false
  } catch (error) {
    return (error as Error).message
  }
}
