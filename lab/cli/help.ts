import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { faults } from '../faults/table.ts'
import { packageRoot } from '../paths.ts'
import type { Terminal } from './terminal.ts'

/** What `--help` prints. */
const text = `failover-lab: what does your HTTP client do when a server, DNS or IPv6 fails?

  failover-lab run NAME|FILE.yaml …   run scenarios
  failover-lab run --all              run every shipped scenario
  failover-lab list                   the shipped scenarios, a line each
  failover-lab validate FILE …        check scenario files; every problem with its line and column
  failover-lab judge FILE …           judge and print saved journals again; takes --reporter
  failover-lab doctor                 what this machine can do, and the command that adds what it lacks
  failover-lab clean                  remove what runs in Docker left behind when they were killed
  failover-lab client-check CMD …     check that a program speaks the client protocol (clients/README.md)
  failover-lab --version              the version

In a checkout \`npm run scenario NAME -- OPTIONS\` is \`failover-lab run NAME OPTIONS\`,
and \`npm run lab -- WORDS\` is \`failover-lab WORDS\`.

Options of run
  --client NAME            run this client (or variant) only; may be given several times
  --client NAME='COMMAND'  a client of your own, started by that command line; one with {url} in it is any
                           program, run for each request: --client mine='curl -sS {url}' (clients/README.md)
  --client-image NAME=IMAGE, or IMAGE alone (curlimages/curl:8.10.1)
                           in docker: the client runs in a container of that image, versions side by side
  --runtime KIND           auto (default), netns (Linux: a network namespace), loopback or docker
  --seed N                 the seed of every shuffle and draw; printed with each run
  --repeat N               run each N times, with the seeds N, N+1, …
  --jobs N                 so many runs side by side, where the runtime isolates them
  --timeout DURATION       limit on one run, and on waiting for another lab to end (loopback); 2m
  --reporter KIND[=FILE]   pretty (default), json, junit, github or html; to standard output or a file; several;
                           of judge, too
  --journal FILE           save everything that happened, for \`judge\`

Faults a scenario can script
  ${Object.keys(faults).join(', ')}

Exit codes: 0 all passed, 1 one failed, 2 one was inconclusive, 3 the lab, the command line or a file is at fault,
130 interrupted.
`

export async function printVersion(terminal: Terminal): Promise<number> {
  const { version } = JSON.parse(await readFile(join(packageRoot, 'package.json'), 'utf8')) as { readonly version: string }
  terminal.write(`${version}\n`)
  return 0
}

export async function printHelp(terminal: Terminal): Promise<number> {
  terminal.write(text)
  return 0
}
