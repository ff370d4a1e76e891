/**
 * The scenario file: one definition that gives the validation, the lab's types and the JSON Schema that editors use
 * (json-schema.ts). A step is told apart by its verb, so it is checked against the schema of that verb alone.
 */
import { z } from 'zod'
import { clients } from '../clients.ts'
import { faults, type FaultVerb } from '../faults/table.ts'
import { expectation } from './expectation.ts'
import { address, duration, serverPort } from './values.ts'
import { zone } from './zone.ts'

const setting = z.union([z.string(), z.number(), z.boolean()])

/** `go`, or a map of variants: the name alone, or `{ client: node, api: fetch }`. */
const clientList = z
  .union([z.array(z.string()).min(1), z.record(z.string(), z.union([z.null(), z.record(z.string(), setting)]))], {
    error: `expected a list of clients (${Object.keys(clients).join(', ')}) or a map of variants`,
  })
  .describe('The clients under test: a list of names, or a map of variants with their settings.')

const serverList = z
  .union([
    z.array(address).min(1),
    z.record(address, z.union([z.null(), z.strictObject({ idle_timeout: duration.optional().describe('Idle connections are closed after this; never if absent.') })])),
  ])
  .describe(`The addresses of the web servers; each listens on port ${serverPort}.`)

const resolver = z
  .strictObject({
    timeout: duration.optional().describe('How long the resolver waits for an answer, in whole seconds (resolv.conf timeout).'),
    attempts: z.int().min(1).max(10).optional().describe('How often it asks (resolv.conf attempts).'),
  })
  .describe("Options of the client's resolver, as in resolv.conf.")

export const requestStep = z.strictObject({
  request: z.string({ error: `expected a URL such as http://ha.lab.test:${serverPort}/` }).describe(`The URL, such as http://ha.lab.test:${serverPort}/.`),
  times: z.int().min(1).max(10_000).default(1).describe('How often, one after the other.'),
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'DELETE']).default('GET'),
  timeout: duration.optional().describe('Limit on each whole request; 30s if absent.'),
  fresh: z.boolean().default(false).describe('On a connection of its own, closed afterwards; pooled ones stay untouched.'),
  expect: expectation.default({}),
  but: z.record(z.string(), expectation).default({}).describe('For a client, keys that replace those of `expect`.'),
})
export const liftStep = z.strictObject({
  lift: z.enum(Object.keys(faults) as [FaultVerb, ...FaultVerb[]]).describe('Ends what this verb has put in force.'),
})
export const waitStep = z.strictObject({ wait: duration.describe('Lets time pass.') })

/** Every step by its verb. */
export const stepSchemas: Readonly<Record<string, z.ZodObject>> = {
  request: requestStep,
  lift: liftStep,
  wait: waitStep,
  ...Object.fromEntries(Object.entries(faults).map(([verb, fault]) => [verb, fault.schema as unknown as z.ZodObject])),
}

const shared = {
  title: z.string().min(1).describe('What happens, in a few words.'),
  about: z.string().default('').describe('What happens, why, where it is written, and where it bites.'),
  clients: clientList.optional(),
  servers: serverList,
  resolver: resolver.default({}),
  dns: zone,
  control: z
    .strictObject({ dns: zone, client: z.record(z.string(), setting), resolver })
    .partial()
    .optional()
    .describe('One changed setting under which the scenario must fail; for a scenario without a fault.'),
}

/** For validation: each step is then checked by the schema of its verb. */
export const scenarioFile = z.strictObject({ ...shared, steps: z.array(z.record(z.string(), z.unknown())).min(1) })

/** For editors: every verb spelled out. */
export const scenarioFileForEditors = z.strictObject({
  ...shared,
  steps: z.array(z.union(Object.values(stepSchemas) as [z.ZodObject, ...z.ZodObject[]])).min(1),
})
export type ScenarioFile = z.output<typeof scenarioFile>
