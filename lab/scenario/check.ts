/** What no schema can say: every rule of the language beyond the form of its parts. A new rule is a line in one of the lists. */
import { expectationRules } from './check-expectations.ts'
import { stepRules } from './check-steps.ts'
import { zoneRules } from './check-zone.ts'
import type { Draft, Rule } from './draft.ts'
import type { Report } from './problems.ts'

export const maxServers = 16
export const maxSteps = 200
export const maxRequests = 10_000

const limits: readonly Rule[] = [
  {
    rule: `a scenario has at most ${maxServers} servers`,
    check({ servers }, report) {
      if ((servers?.length ?? 0) > maxServers)
        report(['servers'], `a scenario has at most ${maxServers} servers: these are ${servers?.length}`, { at: 'key' })
    },
  },
  {
    rule: `a scenario has at most ${maxSteps} steps`,
    check({ steps }, report) {
      if (steps.length > maxSteps)
        report(['steps', maxSteps], `a scenario has at most ${maxSteps} steps: these are ${steps.length}`)
    },
  },
  {
    rule: `a scenario makes at most ${maxRequests} requests`,
    check({ steps }, report) {
      let sum = 0
      for (const [index, step] of steps.entries()) {
        const before = sum
        sum += step?.kind === 'request' ? step.times : 0
        if (before <= maxRequests && sum > maxRequests)
          report(['steps', index, 'request'], `a scenario makes at most ${maxRequests} requests in all: here it is ${sum}`, {
            at: 'key',
          })
      }
    },
  },
  {
    rule: 'a control changes something',
    check({ control }, report) {
      const parts = Object.values(control ?? {}).filter((part) => Object.keys(part).length > 0)
      if (control && parts.length !== 1) {
        const message =
          parts.length === 0
            ? 'this control changes nothing'
            : 'a control is one changed setting, so that it is clear what made the difference'
        report(['control'], message, { at: 'key', help: 'such as control: { dns: { ha.lab.test: { order: as_written } } }' })
      }
    },
  },
]

export const rules: readonly Rule[] = [...limits, ...zoneRules, ...stepRules, ...expectationRules]

/** Reports every rule that the scenario breaks. */
export function checkRules(draft: Draft, report: Report): void {
  for (const { check } of rules) check(draft, report)
}
