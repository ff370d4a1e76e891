/** Rules about the order of steps: what can be lifted, started and drained, and that something is judged afterwards. */
import type { Address } from '../../unit/protocol.ts'
import { endedBy, type FaultVerb } from '../faults/table.ts'
import type { Draft, Rule } from './draft.ts'
import { nearest } from './nearest.ts'
import type { Path, Report } from './problems.ts'
import type { FaultStep, RequestStep, Step } from './scenario.ts'

export const stepRules: readonly Rule[] = [
  { rule: 'some request expects something', check: checkSomethingExpected },
  { rule: 'after every change something is judged', check: checkJudged },
  { rule: 'only what is in force can be lifted', check: checkLifts },
  { rule: 'only a stopped server starts, and only a running one stops', check: checkRunning },
  { rule: 'a frozen server carries nothing out', check: checkFrozen },
  { rule: 'only a hot restart leaves an old process to drain', check: checkDrains },
]

/** Whether a verdict can come from this step. */
export const isJudged = (step: RequestStep): boolean =>
  Object.keys(step.expect).length > 0 || Object.values(step.but).some((expect) => Object.keys(expect).length > 0)

const verbOf = (step: Step): string => (step.kind === 'fault' ? step.verb : step.kind)

function checkSomethingExpected({ steps }: Draft, report: Report): void {
  if (steps.some((step) => step === undefined || (step.kind === 'request' && isJudged(step)))) return
  const index = steps.findLastIndex((step) => step?.kind === 'request')
  const help = 'such as expect: { status: 200 }'
  if (index === -1)
    report(['steps'], 'no step makes a request, so nothing can be seen', {
      at: 'key',
      help: 'such as "- request: http://ha.lab.test:1323/"',
    })
  else
    report(['steps', index, 'request'], 'no request of this scenario has an `expect`, so nothing is judged', { at: 'key', help })
}

function checkJudged({ steps }: Draft, report: Report): void {
  const last = steps.findLastIndex((step) => step === undefined || (step.kind === 'request' && isJudged(step)))
  if (last === -1) return
  for (const [index, step] of steps.entries()) {
    if (!step || step.kind === 'request' || index < last) continue
    report(['steps', index, verbOf(step)], 'nothing is judged after this step: no later request has an `expect`', { at: 'key' })
  }
}

/** What `lift` cannot end, and what does. */
const withoutLift: Readonly<Partial<Record<FaultVerb, string>>> = {
  start: 'end it with another `stop`',
  close_idle: 'it is over at once',
  hot_restart: 'its old process ends with `drain`',
  drain: 'the old process is gone for good',
}

function checkLifts({ steps }: Draft, report: Report): void {
  /** Where each is in force; `dns` has no addresses. */
  const inForce = new Map<FaultVerb, Set<Address>>()
  for (const [index, step] of steps.entries()) {
    if (!step) return // it could have put anything in force
    if (step.kind === 'fault') {
      for (const verb of endedBy[step.verb] ?? []) takeAway(verb, step.addresses)
      inForce.set(step.verb, new Set([...(inForce.get(step.verb) ?? []), ...step.addresses]))
    }
    if (step.kind !== 'lift') continue
    const path: Path = ['steps', index, 'lift']
    const why = withoutLift[step.verb]
    if (why !== undefined) report(path, `\`${step.verb}\` cannot be lifted: ${why}`)
    else if (!inForce.has(step.verb)) {
      const liftable = [...inForce.keys()].filter((verb) => withoutLift[verb] === undefined)
      const near = nearest(step.verb, liftable)
      const meant = near ?? (liftable.length === 1 ? liftable[0] : undefined)
      report(
        path,
        `no \`${step.verb}\` is in force before this step${meant === undefined ? '' : `: did you mean \`${meant}\`?`}`,
        {
          help: liftable.length > 0 ? `in force here: ${liftable.join(', ')}` : 'nothing is in force here',
        },
      )
    }
    inForce.delete(step.verb)
  }
  function takeAway(verb: FaultVerb, addresses: readonly Address[]) {
    const left = inForce.get(verb)
    for (const address of addresses) left?.delete(address)
    if (left?.size === 0) inForce.delete(verb)
  }
}

/** Verbs that need a server that runs; and those that it must carry out itself. */
const needRunning: ReadonlySet<FaultVerb> = new Set(['stop', 'kill', 'freeze', 'close_idle', 'hot_restart', 'drain'])
const carriedOut: ReadonlySet<FaultVerb> = new Set(['stop', 'slow', 'status', 'reset', 'close_idle', 'hot_restart', 'drain'])

function checkRunning({ steps }: Draft, report: Report): void {
  const down = new Map<Address, { readonly verb: 'stop' | 'kill'; readonly index: number }>()
  for (const [index, step] of steps.entries()) {
    if (!step) return
    if (step.kind === 'lift') for (const [address, { verb }] of down) if (verb === step.verb) down.delete(address)
    if (step.kind !== 'fault' || step.addresses.length === 0) continue
    const path: Path = ['steps', index, step.verb]
    const inTheWay = cannotRun(step, down)
    const [address] = inTheWay
    if (step.verb === 'start') checkStart(step, path, down, report)
    else if (address !== undefined) {
      const cause = down.get(address)
      report(path, `${inTheWay.join(', ')} does not run any more: step ${(cause?.index ?? 0) + 1} is its \`${cause?.verb}\``, {
        help: `bring it back first with \`start: ${address}\``,
      })
    }
    if (step.verb === 'stop' || step.verb === 'kill')
      for (const address of step.addresses) down.set(address, { verb: step.verb, index })
  }
}

/** Those of a step's servers that are in the way: all of them down, or some killed, which cannot even say so. */
function cannotRun({ verb, addresses }: FaultStep, down: ReadonlyMap<Address, { readonly verb: 'stop' | 'kill' }>): Address[] {
  const isDown = addresses.filter((address) => down.has(address))
  if (needRunning.has(verb) && isDown.length === addresses.length) return isDown
  return carriedOut.has(verb) ? isDown.filter((address) => down.get(address)?.verb === 'kill') : []
}

function checkFrozen({ steps }: Draft, report: Report): void {
  const frozen = new Map<Address, number>()
  for (const [index, step] of steps.entries()) {
    if (!step) return
    if (step.kind === 'lift' && step.verb === 'freeze') frozen.clear()
    if (step.kind !== 'fault') continue
    const address = carriedOut.has(step.verb) ? step.addresses.find((one) => frozen.has(one)) : undefined
    if (address !== undefined)
      report(
        ['steps', index, step.verb],
        `${address} is frozen by step ${(frozen.get(address) ?? 0) + 1}, and carries nothing out`,
        {
          help: 'let it go on first with `lift: freeze`',
        },
      )
    for (const one of step.addresses) {
      if (step.verb === 'freeze') frozen.set(one, index)
      if (step.verb === 'kill') frozen.delete(one)
    }
  }
}

function checkStart(step: FaultStep, path: Path, down: Map<Address, { readonly verb: 'stop' | 'kill' }>, report: Report): void {
  if (step.addresses.every((address) => !down.has(address))) {
    report(path, `${step.addresses.join(', ')} has not been stopped or killed before this step`)
    return
  }
  for (const address of step.addresses) down.delete(address)
}

function checkDrains({ steps }: Draft, report: Report): void {
  const restarted = new Set<Address>()
  for (const [index, step] of steps.entries()) {
    if (!step) return
    if (step.kind !== 'fault') continue
    for (const address of step.addresses) {
      if (step.verb === 'hot_restart') restarted.add(address)
      if (step.verb === 'kill') restarted.delete(address) // the old process with it
    }
    if (step.verb !== 'drain') continue
    const without = step.addresses.filter((address) => !restarted.delete(address))
    if (without.length === 0) continue
    report(['steps', index, 'drain'], `${without.join(', ')} has no old process to drain`, {
      help: `it takes a step "- hot_restart: ${without[0]}" before`,
    })
  }
}
