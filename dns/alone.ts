/** The DNS server on its own, from a shell: `npm run dns -- --zone zone.yaml`. */
import { randomInt } from 'node:crypto'
import { readFileSync, writeSync } from 'node:fs'
import { isIP } from 'node:net'
import { parseArgs } from 'node:util'
import { nowUs } from '../unit/clock.ts'
import type { DnsEvent } from '../unit/protocol.ts'
import { describeEvent } from './event-text.ts'
import { describeListenError } from './listen-error.ts'
import { Responder } from './responder.ts'
import { startServer } from './server.ts'
import { Zone } from './zone.ts'
import { defaultZone, parseZoneFile, ZoneFileError } from './zone-file.ts'
import { describeName } from './zone-text.ts'

const help = `An authoritative DNS server for names under .test, on loopback addresses only.

  npm run dns -- [options]

  --zone FILE        the zone, in YAML; without it: ha.lab.test with three addresses, shuffled, two at a time
  --address ADDRESS  where to listen: 127.0.0.1 (default), another 127.x.y.z, or ::1
  --port PORT        UDP and TCP port; 0 takes a free one (default 5300)
  --seed NUMBER      makes shuffled answers repeatable (default: drawn and printed)
  --json             one event a line as JSON instead of text
  --help             this text

A zone file:

  ha.lab.test:
    A: [127.0.0.1, 127.0.0.2, 127.0.0.3]
    AAAA: silent          # or truncated, formerr, servfail, nxdomain, notimp, refused, nodata
    order: shuffled       # or as_written (default), rotated
    at_most: 2            # addresses in one answer
    ttl: 30s
    delay: 200ms
  www.lab.test: { CNAME: ha.lab.test }
  moving.lab.test: { A: { sequence: [[127.0.0.1], [127.0.0.2]] } }   # the last answer stays
  broken.lab.test: { fault: servfail }                               # for every type
`

/** A command line or a zone that cannot be used: exit code 3, as everywhere in the lab. */
class UsageError extends Error {
  override readonly name = 'UsageError'
}

interface Options {
  readonly zoneFile: string | undefined
  readonly address: string
  readonly port: number
  readonly seed: number
  readonly json: boolean
}

/** Runs the server until Ctrl-C. */
export async function main(args: readonly string[]): Promise<void> {
  try {
    const options = readOptions(args)
    if (options) await serve(options)
    else writeSync(1, help)
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof ZoneFileError)) throw error
    writeSync(2, `${error.message}\n`)
    process.exitCode = 3
  }
}

function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parse(args)
  if (values.help) return undefined
  const address = values.address ?? '127.0.0.1'
  if (!(isIP(address) === 4 && address.startsWith('127.')) && address !== '::1') {
    throw new UsageError(`--address ${address} is not a loopback address: take 127.0.0.1, another 127.x.y.z, or ::1.`)
  }
  return {
    zoneFile: values.zone,
    address,
    port: readWhole('--port', values.port ?? '5300', 65_535),
    seed: values.seed === undefined ? randomInt(1_000_000) : readWhole('--seed', values.seed, 0xffff_ffff),
    json: values.json ?? false,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        zone: { type: 'string' },
        address: { type: 'string' },
        port: { type: 'string' },
        seed: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (cause) {
    throw new UsageError(`${cause instanceof Error ? cause.message : String(cause)}\nTry: npm run dns -- --help`, { cause })
  }
}

function readWhole(option: string, text: string, most: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value <= most) return value
  throw new UsageError(`${option} ${text} is not a whole number from 0 to ${most}.`)
}

async function serve({ zoneFile, address, port, seed, json }: Options): Promise<void> {
  const data = zoneFile === undefined ? defaultZone : parseZoneFile(readZoneFile(zoneFile), zoneFile)
  let queries = 0
  const print = (text: string) => process.stdout.write(`${text}\n`)
  const responder = new Responder(new Zone(seed, data), (line) => {
    if (line.startsWith('{"event":"query"')) queries++
    print(json ? line : describeEvent(JSON.parse(line) as DnsEvent))
  })
  const server = await startServer(address, port, responder).catch((error: unknown) => {
    throw new UsageError(describeListenError(address, port, error), { cause: error })
  })
  if (json) print(JSON.stringify({ event: 'listening', atUs: nowUs(), address, port: server.port }))
  else {
    print(`DNS server on ${address} port ${server.port}, UDP and TCP, seed ${seed}`)
    for (const [name, fields] of Object.entries(data)) print(`  ${name}: ${describeName(fields)}`)
    print(`Try: dig @${address} -p ${server.port} ${Object.keys(data)[0] ?? ''} A        Ctrl-C ends it.`)
  }
  process.stdout.on('error', () => process.exit(0)) // whoever read this has gone
  const end = (code: number) => {
    const line = `Stopped after ${queries} ${queries === 1 ? 'query' : 'queries'}.\n`
    void server.stop().finally(() => {
      writeSync(json ? 2 : 1, line)
      process.exit(code)
    })
  }
  process.once('SIGINT', () => end(130))
  process.once('SIGTERM', () => end(143))
}

function readZoneFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    throw new UsageError(`Cannot read the zone file ${file} (${code}). Leave --zone out for a small zone to try.`, { cause })
  }
}
