/**
 * A zone written in YAML, for the server run alone: names, and for each of them A, AAAA, CNAME, order, at_most, ttl, delay
 * and fault. Every problem is reported, with its line and column and what to write instead.
 */
import { isNode, LineCounter, parseDocument } from 'yaml'
import type { NameData, RRsetData, ZoneData } from '../unit/protocol.ts'
import { faultEffects, isFault } from './faults.ts'
import { answerOrders, checkChains, checkNames, recordTypes, type ZoneProblem } from './zone-check.ts'

/** The zone served when none is given. */
export const defaultZone: ZoneData = {
  'ha.lab.test': { A: { addresses: ['127.0.0.1', '127.0.0.2', '127.0.0.3'] }, order: 'shuffled', atMost: 2 },
}

/** A zone file that cannot be served; the message has one line for each problem. */
export class ZoneFileError extends Error {
  override readonly name = 'ZoneFileError'
}

type Draft<Data> = { -readonly [Field in keyof Data]: Data[Field] }
type Report = (path: readonly string[], text: string) => void

/** Reads a zone file's text; `file` is its name in messages. @throws {ZoneFileError} */
export function parseZoneFile(text: string, file: string): ZoneData {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return `${file}:${line}:${col}`
  }
  const syntax = document.errors.map(({ pos, message }) => `${at(pos[0])} ${message.split('\n')[0]}`)
  if (syntax.length > 0) throw new ZoneFileError(syntax.join('\n'))

  const problems: ZoneProblem[] = []
  const zone = readZone(document.toJS(), (path, text) => problems.push({ path, text }))
  problems.push(...checkNames(zone))
  if (problems.length === 0) problems.push(...checkChains(new Map(Object.entries(zone))))
  if (problems.length === 0) return zone
  const placeOf = (path: readonly string[]) => {
    for (let end = path.length; end > 0; end--) {
      const node = document.getIn(path.slice(0, end), true)
      if (isNode(node) && node.range) return at(node.range[0])
    }
    return `${file}:1:1`
  }
  throw new ZoneFileError(
    problems.map(({ path, text }) => `${placeOf(path)} ${path.join(' ')} ${text}`.replace(/ {2,}/g, ' ')).join('\n'),
  )
}

function readZone(given: unknown, report: Report): ZoneData {
  const names = isMap(given) ? Object.entries(given) : []
  if (names.length === 0) report([], 'holds no names: write something like  ha.lab.test: { A: [127.0.0.1] }')
  return Object.fromEntries(names.map(([name, fields]) => [name, readName(name, fields, report)]))
}

function readName(name: string, given: unknown, report: Report): NameData {
  if (!isMap(given)) {
    report([name], 'is not a map: write something like { A: [127.0.0.1] }')
    return {}
  }
  const data: Draft<NameData> = {}
  for (const [field, value] of Object.entries(given)) {
    const path = [name, field]
    if (field === 'A' || field === 'AAAA') data[field] = readRRset(path, value, report)
    else if (field === 'CNAME') data[field] = readText(path, value, report)
    else if (field === 'order') data[field] = readWord(path, value, answerOrders, report)
    else if (field === 'at_most') data.atMost = readNumber(path, value, report)
    else if (field === 'ttl') data.ttlS = readDurationMs(path, value, report) / 1000
    else if (field === 'delay') data.delayMs = readDurationMs(path, value, report)
    else if (field === 'fault') data[field] = readWord(path, value, faultWords, report)
    else
      report(
        path,
        `is no field of a name: use ${[...recordTypes, 'CNAME', 'order', 'at_most', 'ttl', 'delay', 'fault'].join(', ')}`,
      )
  }
  return data
}

function readRRset(path: readonly string[], given: unknown, report: Report): RRsetData {
  if (Array.isArray(given)) return { addresses: readAddresses(path, given, report) }
  if (typeof given === 'string') {
    if (isFault(given)) return { fault: given }
    report(path, `is "${given}": write a list of addresses, or a fault (${faultWords.join(', ')})`)
    return {}
  }
  if (!isMap(given)) {
    report(path, 'is neither a list of addresses, nor a fault word, nor { addresses, sequence, fault, delay }')
    return {}
  }
  const data: Draft<RRsetData> = {}
  for (const [field, value] of Object.entries(given)) {
    const inner = [...path, field]
    if (field === 'addresses') data[field] = readAddresses(inner, value, report)
    else if (field === 'sequence' && Array.isArray(value)) data[field] = value.map((one) => readAddresses(inner, one, report))
    else if (field === 'fault') data[field] = readWord(inner, value, faultWords, report)
    else if (field === 'delay') data.delayMs = readDurationMs(inner, value, report)
    else
      report(
        inner,
        field === 'sequence'
          ? 'is no list of lists of addresses'
          : 'is no field of a type: use addresses, sequence, fault, delay',
      )
  }
  return data
}

const faultWords = Object.keys(faultEffects).filter(isFault)

function readAddresses(path: readonly string[], given: unknown, report: Report): string[] {
  if (Array.isArray(given) && given.every((one) => typeof one === 'string')) return given
  report(path, 'is no list of addresses: write [127.0.0.1, 127.0.0.2] or ["::1"]')
  return []
}

function readText(path: readonly string[], given: unknown, report: Report): string | undefined {
  if (typeof given === 'string') return given
  report(path, 'is no name')
  return undefined
}

function readNumber(path: readonly string[], given: unknown, report: Report): number {
  if (typeof given === 'number') return given
  report(path, `is ${JSON.stringify(given)}, not a number`)
  return 1
}

function readWord<Word extends string>(
  path: readonly string[],
  given: unknown,
  words: readonly Word[],
  report: Report,
): Word | undefined {
  const word = words.find((one) => one === given)
  if (word !== undefined) return word
  report(path, `is ${JSON.stringify(given)}: use ${words.join(', ')}`)
  return undefined
}

const unitsMs: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 }

function readDurationMs(path: readonly string[], given: unknown, report: Report): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)(us|ms|s|m)$/.exec(String(given)) ?? []
  if (digits !== undefined) return Number(digits) * (unitsMs[unit] ?? 0)
  report(path, `is ${JSON.stringify(given)}: write a number and us, ms, s or m, such as 200ms or 30s`)
  return 0
}

const isMap = (given: unknown): given is Record<string, unknown> =>
  typeof given === 'object' && given !== null && !Array.isArray(given)
