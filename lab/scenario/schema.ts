/**
 * The scenario file: one definition that gives the validation, the lab's types and the JSON Schema that editors use
 * (json-schema.ts). A step is told apart by its verb, so it is checked against the schema of that verb alone.
 */
import { z } from 'zod'
import { clientSettings } from '../client-settings.ts'
import { clients } from '../clients.ts'
import { type FaultVerb, faults } from '../faults/table.ts'
import { expectation } from './expectation.ts'
import { address, duration, serverPort, urlPattern } from './values.ts'
import { zone } from './zone.ts'

/** Names of variants: they become file names, and are shown beside each verdict. */
export const variantName = /^[a-z0-9]+(?:-[a-z0-9]+)*$/

/** What a variant can say: the settings of every program; variants.ts checks those of the one it names. */
const settingsForEditors = z.strictObject({
  ...clientSettings.go.shape,
  ...clientSettings.node.shape,
  resolver: z
    .enum(['go', 'cgo', 'system', 'c-ares'])
    .optional()
    .describe('Go: go (its own) or cgo (getaddrinfo). Node: system (getaddrinfo) or c-ares.'),
})
const variantForEditors = settingsForEditors.extend({
  client: z.enum(Object.keys(clients)).optional().describe('The client; the name of the variant if absent.'),
})
const clientName = z.string({ error: 'expected the name of a client' })

/** Checked further by variants.ts, which knows the settings of each client. */
const clientList = z
  .union([z.array(clientName).min(1), z.record(z.string(), z.unknown())], {
    error: `expected a list of clients (${Object.keys(clients).join(', ')}) or a map of variants`,
  })
  .describe('The clients under test: a list of names, or a map of variants with their settings.')
const clientListForEditors = z
  .union([z.array(z.enum(Object.keys(clients))).min(1), z.record(z.string().regex(variantName), variantForEditors.nullable())])
  .describe('The clients under test: a list of names, or a map of variants with their settings.')

const serverList = z
  .union(
    [
      z.array(address).min(1),
      z.record(
        address,
        z.union([
          z.null(),
          z.strictObject({
            idle_timeout: duration.optional().describe('Idle connections are closed after this; never if absent.'),
          }),
        ]),
      ),
    ],
    { error: 'expected a list of addresses such as [127.0.0.1, 127.0.0.2], or a map of them' },
  )
  .describe(`The addresses of the web servers; each listens on port ${serverPort}.`)

const resolver = z
  .strictObject({
    timeout: duration.optional().describe('How long the resolver waits for an answer, in whole seconds (resolv.conf timeout).'),
    attempts: z.int().min(1).max(5).optional().describe('How often it asks (resolv.conf attempts).'),
  })
  .describe("Options of the client's resolver, as in resolv.conf.")

export const requestStep = z.strictObject({
  request: z
    .string({ error: `expected a URL such as http://ha.lab.test:${serverPort}/` })
    .meta({ description: `The URL, such as http://ha.lab.test:${serverPort}/.`, pattern: urlPattern.source }), // url.ts reads it
  times: z.int().min(1).max(10_000).default(1).describe('How often, one after the other.'),
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'DELETE']).default('GET').describe('The HTTP method; GET if absent.'),
  timeout: duration.optional().describe('Limit on each whole request; 30s if absent.'),
  fresh: z.boolean().default(false).describe('On a connection of its own, closed afterwards; pooled ones stay untouched.'),
  expect: expectation
    .default({})
    .describe('What must be seen; a list has one entry per repetition, `one_of` takes any of several.'),
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
    .strictObject({
      dns: zone.describe('Names, and the keys that replace theirs.'),
      client: z.record(z.string(), z.unknown()),
      resolver,
    })
    .partial()
    .optional()
    .describe('One changed setting under which the scenario must fail; for a scenario without a fault.'),
}

/** For validation: each step is then checked by the schema of its verb. */
export const scenarioFile = z.strictObject({ ...shared, steps: z.array(z.unknown()).min(1) })

/** For editors: every verb spelled out. */
export const scenarioFileForEditors = z.strictObject({
  ...shared,
  clients: clientListForEditors.optional(),
  control: shared.control
    .unwrap()
    .extend({ client: settingsForEditors.optional().describe('A setting that every client of the scenario has.') })
    .optional()
    .describe(shared.control.description ?? ''),
  steps: z.array(z.union(Object.values(stepSchemas) as [z.ZodObject, ...z.ZodObject[]])).min(1),
})
export type ScenarioFile = z.output<typeof scenarioFile>
