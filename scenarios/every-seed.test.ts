/**
 * A shipped scenario passes for every seed. What a seed decides is which addresses DNS answers with, and in which order;
 * that is pure, so 20,000 seeds of each scenario are played through here with models of the clients instead of the
 * clients: one that takes the addresses as they come, and one that sorts them (RFC 6724 section 6, rule 9). Checked is what
 * rests on the answer: who served, the attempts, what was answered and resolved, the shares.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseAnswer, streamOf } from '../dns/answer-policy.ts'
import { zonesOf } from '../lab/scenario/draft.ts'
import { expectationFor } from '../lab/scenario/effective.ts'
import type { Expectation } from '../lab/scenario/expectation.ts'
import { loadScenario, shippedNames } from '../lab/scenario/library.ts'
import { parseScenario } from '../lab/scenario/parse.ts'
import type { ClientVariant, RequestStep, Scenario } from '../lab/scenario/scenario.ts'
import type { Address, NameData, ZoneData } from '../unit/protocol.ts'

const seeds = 20_000

type Sorting = 'as they come' | 'rule 9'
interface Model {
  readonly sorting: Sorting
  readonly families: readonly ('A' | 'AAAA')[]
  readonly keepsAlive: boolean
}

/** Which models a client must agree with: Node asks getaddrinfo, which sorts, or c-ares, which does not. */
function modelsOf({ client, settings }: ClientVariant): Model[] {
  const isGo = client === 'go' || client === 'go-cgo'
  const sorts = settings.resolver === 'cgo' || settings.resolver === 'system' || client === 'go-cgo'
  const sortings: Sorting[] = sorts ? ['rule 9'] : isGo ? ['as they come'] : ['as they come', 'rule 9']
  const families =
    settings.network === 'tcp4' ? (['A'] as const) : settings.network === 'tcp6' ? (['AAAA'] as const) : (['AAAA', 'A'] as const)
  return sortings.map((sorting) => ({ sorting, families, keepsAlive: settings.keep_alive !== false }))
}

const bits = (address: Address): number => address.split('.').reduce((value, part) => value * 256 + Number(part), 0)
/** How many leading bits an address has in common with the client's own, 127.0.0.1. */
const inCommon = new Map<Address, number>()
const commonBits = (address: Address): number => {
  const known = inCommon.get(address)
  if (known !== undefined) return known
  const common = Math.clz32(bits(address) ^ bits('127.0.0.1'))
  inCommon.set(address, common)
  return common
}

/** An answer's addresses as they come, and in the order of rule 9. */
interface Answer {
  readonly asTheyCome: readonly Address[]
  readonly byRule9: readonly Address[]
}
const noAnswer: Answer = { asTheyCome: [], byRule9: [] }
interface Asked {
  readonly stream: number
  queries: number
}

/** The DNS server's answers under one seed. */
class Answers {
  readonly #seed: number
  readonly #asked = { A: new Map<string, Asked>(), AAAA: new Map<string, Asked>() }

  constructor(seed: number) {
    this.#seed = seed
  }

  ask(name: string, type: 'A' | 'AAAA', data: NameData): Answer {
    let asked = this.#asked[type].get(name)
    if (!asked) {
      asked = { stream: streamOf(this.#seed, name, type), queries: 0 }
      this.#asked[type].set(name, asked)
    }
    asked.queries += 1
    const count = data[type]?.addresses?.length ?? 0
    if (count === 0) return noAnswer
    const rank = chooseAnswer(
      {
        order: data.order ?? 'as_written',
        count,
        atMost: data.atMost,
        stream: asked.stream,
        queryNumber: asked.queries,
        position: asked.queries - 1,
      },
      chosen,
    )
    return answerOf(data, type, rank)
  }
}

/** The indexes that were drawn last. */
const chosen: number[] = []
const drawn = { A: new Map<NameData, Map<number, Answer>>(), AAAA: new Map<NameData, Map<number, Answer>>() }

/** The answer with the chosen addresses. A rank stands for one choice, and so for one answer: millions of draws share a few. */
function answerOf(data: NameData, type: 'A' | 'AAAA', rank: number): Answer {
  const known = drawn[type].get(data) ?? new Map<number, Answer>()
  drawn[type].set(data, known)
  const before = known.get(rank)
  if (before) return before
  const asTheyCome = chosen.map((index) => data[type]?.addresses?.[index] ?? '')
  const byRule9 = type === 'A' ? [...asTheyCome].sort((a, b) => commonBits(b) - commonBits(a)) : asTheyCome
  const answer = { asTheyCome, byRule9 }
  if (!Number.isNaN(rank)) known.set(rank, answer) // too many to number
  return answer
}

const breaksDns = (data: NameData): boolean =>
  [data, data.A, data.AAAA].some((part) => part?.fault !== undefined && part.fault !== 'truncated')
const refuses = new Set(['stop', 'kill', 'refuse', 'blackhole', 'unreachable'])
const closes = new Set(['stop', 'kill', 'close_idle', 'drain'])
/** What these do to a connection is the client's own affair, and no seed's. */
const unmodelled = new Set(['reset', 'freeze'])

interface Played {
  readonly servedBy: (Address | undefined)[]
  readonly attempts: Address[]
  answered: readonly Address[] | undefined
  resolved: readonly Address[] | undefined
}

/** Plays a scenario under one seed; returns the first thing that is not as expected. */
function play(
  scenario: Scenario,
  zones: readonly ZoneData[],
  expectations: readonly Expectation[],
  model: Model,
  seed: number,
): string | undefined {
  const answers = new Answers(seed)
  const dead = new Map<Address, string>()
  let pooled: Address | undefined
  let before: Address | undefined
  for (const [index, step] of scenario.steps.entries()) {
    if (step.kind === 'fault') {
      if (unmodelled.has(step.verb)) return undefined
      if (step.verb === 'start') for (const address of step.addresses) dead.delete(address)
      if (refuses.has(step.verb)) for (const address of step.addresses) dead.set(address, step.verb)
      if (pooled !== undefined && closes.has(step.verb) && step.addresses.includes(pooled)) pooled = undefined
    } else if (step.kind === 'lift') {
      for (const [address, verb] of dead) if (verb === step.verb) dead.delete(address)
    } else if (step.kind === 'wait') {
      if (
        scenario.servers.some((server) => server.address === pooled && server.idleTimeoutMs > 0 && server.idleTimeoutMs < step.ms)
      )
        pooled = undefined
    } else {
      const data = zones[index]?.[step.host]
      if (!data || breaksDns(data)) continue
      const seen: Played = { servedBy: [], attempts: [], answered: undefined, resolved: undefined }
      const first = before
      for (let i = 0; i < step.times; i++) {
        if (step.fresh || pooled === undefined) {
          const served = connect(step, data, answers, dead, model, seen)
          if (!step.fresh && model.keepsAlive) pooled = served
          before = served
        } else before = pooled
        seen.servedBy.push(before)
      }
      const problem = compare(expectations[index] ?? {}, seen, first, dead.size > 0)
      if (problem) return `step ${index + 1}: ${problem}`
    }
  }
  return undefined
}

function connect(
  step: RequestStep,
  data: NameData,
  answers: Answers,
  dead: ReadonlyMap<Address, string>,
  model: Model,
  seen: Played,
): Address | undefined {
  const four = model.families.includes('A') ? answers.ask(step.host, 'A', data) : noAnswer
  const six = model.families.includes('AAAA') ? answers.ask(step.host, 'AAAA', data) : noAnswer
  seen.answered = joined(four.asTheyCome, six.asTheyCome)
  seen.resolved = joined(six.asTheyCome, model.sorting === 'rule 9' ? four.byRule9 : four.asTheyCome)
  for (const address of seen.resolved) {
    seen.attempts.push(address)
    if (!dead.has(address)) return address
  }
  return undefined
}

const joined = (one: readonly Address[], other: readonly Address[]): readonly Address[] =>
  other.length === 0 ? one : one.length === 0 ? other : [...one, ...other]

function compare(expect: Expectation, seen: Played, before: Address | undefined, isSomeDead: boolean): string | undefined {
  for (const [i, served] of expect.served_by ? seen.servedBy.entries() : []) {
    const last = i === 0 ? before : seen.servedBy[i - 1]
    const wanted = expect.served_by?.values[expect.served_by.each ? i : 0]
    if (wanted && !wanted.some((entry) => (entry === 'same' ? last : entry) === served))
      return `request ${i + 1} was served by ${served}, expected ${wanted.join(' or ')}`
  }
  for (const key of ['answered', 'resolved'] as const) {
    const wanted = expect[key]
    if (wanted && seen[key] && wanted.join() !== seen[key].join())
      return `${key}: ${seen[key].join(', ')}, expected ${wanted.join(', ')}`
  }
  // A client whose time is up before the next address is a matter of its settings.
  const mayStopEarly = isSomeDead && expect.error?.values.flat().every((kind) => kind === 'connect-timeout')
  if (expect.attempts && !mayStopEarly) {
    const fits =
      expect.attempts.length === seen.attempts.length &&
      expect.attempts.every(({ address }, i) => address === undefined || address === seen.attempts[i])
    if (!fits)
      return `attempts: ${seen.attempts.join(', ')}, expected ${expect.attempts.map(({ address, outcome }) => address ?? outcome).join(', ')}`
  }
  for (const [address, share] of Object.entries(expect.shares ?? {})) {
    const got = seen.servedBy.filter((served) => served === address).length / seen.servedBy.length
    if (Math.abs(got - share) > (expect.tolerance ?? 0))
      return `${address} got ${got.toFixed(3)}, expected ${share.toFixed(3)} ± ${expect.tolerance}`
  }
  return undefined
}

/** The seeds, of so many, under which a scenario would not pass; each client and model once. */
function seedsThatFail(
  scenario: Scenario,
  count: number,
  change: (expect: Expectation, step: number) => Expectation = (expect) => expect,
): string[] {
  const played = new Set<string>()
  const failures: string[] = []
  const zones = zonesOf(scenario)
  for (const variant of scenario.variants) {
    const expectations = scenario.steps.map((step, index) =>
      step.kind === 'request' ? change(expectationFor(step, variant.name), index) : {},
    )
    for (const model of modelsOf(variant)) {
      const key = JSON.stringify([model, expectations])
      if (played.has(key)) continue
      played.add(key)
      for (let seed = 0; seed < count; seed++) {
        const problem = play(scenario, zones, expectations, model, seed)
        if (problem === undefined) continue
        failures.push(`${variant.name} (addresses ${model.sorting}), seed ${seed}: ${problem}`)
        break
      }
    }
  }
  return failures
}

async function shipped(name: string): Promise<Scenario> {
  const parsed = parseScenario((await loadScenario(name)).text, name)
  assert.ok(parsed.ok, JSON.stringify(parsed))
  return parsed.scenario
}
const isDrawn = ({ zone, steps }: Scenario): boolean => JSON.stringify([zone, steps]).includes('"shuffled"')

for (const name of await shippedNames()) {
  test(`${name} passes for ${seeds} seeds`, async () => {
    const scenario = await shipped(name)
    // Where nothing is shuffled no seed can change an answer; a few show that.
    assert.deepEqual(seedsThatFail(scenario, isDrawn(scenario) ? seeds : 20), [])
  })
}

const wrong: readonly (readonly [
  scenario: string,
  what: string,
  change: (expect: Expectation, step: number) => Expectation,
  seeds: number,
])[] = [
  [
    'all-down',
    'that one server is always first',
    (expect, step) => (step === 0 ? { ...expect, served_by: { each: false, values: [['127.0.0.1']] } } : expect),
    50,
  ],
  [
    'all-down',
    'three attempts for an answer of two addresses',
    (expect) => (expect.attempts ? { ...expect, attempts: [...expect.attempts, { outcome: 'refused' }] } : expect),
    50,
  ],
  [
    'first-address',
    'the second address too',
    (expect) => (expect.attempts ? { ...expect, attempts: [{ outcome: 'refused' }, ...expect.attempts] } : expect),
    50,
  ],
  [
    'spread',
    'even shares of every client',
    (expect) => (expect.shares ? { ...expect, shares: { '127.0.0.1': 1 / 3, '127.0.0.2': 1 / 3, '127.0.0.3': 1 / 3 } } : expect),
    50,
  ],
  [
    'spread',
    'shares as a sorting client has them, of every client',
    (expect) => (expect.shares ? { ...expect, shares: { '127.0.0.1': 2 / 3, '127.0.0.2': 1 / 6, '127.0.0.3': 1 / 6 } } : expect),
    50,
  ],
  [
    'spread',
    'a tolerance that chance leaves now and then',
    (expect) => (expect.shares ? { ...expect, tolerance: 0.06 } : expect),
    seeds,
  ],
  [
    'no-shuffle',
    'shares after the shuffle is gone',
    (expect, step) => (step === 2 ? { ...expect, served_by: { each: false, values: [['127.0.0.5']] } } : expect),
    1,
  ],
  [
    'sorted-answers',
    'that nobody sorts',
    (expect) => (expect.resolved ? ({ ...expect, resolved: expect.answered } as Expectation) : expect),
    1,
  ],
  [
    'server-dies',
    'that the dead server is skipped',
    (expect) => (expect.attempts && expect.attempts.length === 2 ? { ...expect, attempts: expect.attempts.slice(1) } : expect),
    1,
  ],
]
for (const [name, what, change, count] of wrong) {
  test(`${name}: a wrong expectation is caught: ${what}`, async () => {
    assert.notDeepEqual(seedsThatFail(await shipped(name), count, change), [])
  })
}
