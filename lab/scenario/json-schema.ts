/** The JSON Schema of scenario files, for completion, hover and checks in an editor: the form only; parseScenario knows the rules. */
import { z } from 'zod'
import { faults } from '../faults/table.ts'
import { scenarioFileForEditors, stepSchemas } from './schema.ts'

/** A JSON Schema, or a part of one. */
export type JsonSchema = { readonly [keyword: string]: unknown }

const aboutSteps: Readonly<Record<string, string>> = {
  request: 'The client makes a request; what must be seen is in `expect`.',
  lift: 'Ends what an earlier step has put in force.',
  wait: 'Lets time pass.',
  ...Object.fromEntries(Object.entries(faults).map(([verb, { about }]) => [verb, about])),
}

/** Draft 7, which the YAML language server handles best. */
export function scenarioJsonSchema(): JsonSchema {
  const { $schema, ...schema } = tidy(z.toJSONSchema(scenarioFileForEditors, { io: 'input', target: 'draft-07' })) as Record<
    string,
    unknown
  >
  const steps = Object.fromEntries(
    Object.entries(stepSchemas).map(([verb, step]) => [`step_${verb}`, stepAlternative(verb, step)]),
  )
  const properties = schema.properties as Record<string, JsonSchema>
  return {
    $schema,
    title: 'A scenario of failover-lab',
    ...schema,
    properties: {
      ...properties,
      steps: {
        description:
          'What happens, in order: each item is one verb with its value. The lab starts healthy; every fault is a step.',
        type: 'array',
        minItems: 1,
        items: { anyOf: Object.keys(steps).map((name) => ({ $ref: `#/definitions/${name}` })) },
      },
    },
    definitions: { ...(schema.definitions as JsonSchema), ...steps },
  }
}

/** One verb as an alternative of its own, its title what a list of completions shows. */
function stepAlternative(verb: string, step: z.ZodObject): JsonSchema {
  const {
    $schema: _,
    definitions: __,
    ...schema
  } = tidy(z.toJSONSchema(step, { io: 'input', target: 'draft-07' })) as Record<string, unknown>
  const about = aboutSteps[verb] ?? ''
  const { [verb]: own, ...others } = schema.properties as Record<string, JsonSchema>
  const value = typeof own?.$ref === 'string' ? { allOf: [own] } : own
  const detail = typeof own?.description === 'string' ? ` ${own.description}` : ''
  return {
    title: verb,
    description: about,
    ...schema,
    properties: { [verb]: { ...value, description: `${about}${detail}` }, ...others },
  }
}

/** Alternatives of alternatives in one list, nothing beside a `$ref` (draft 7 would ignore it), and no bound that is only the largest number there is. */
function tidy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tidy)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(
    ([keyword, bound]) => !(keyword === 'maximum' && bound === Number.MAX_SAFE_INTEGER),
  )
  const schema = Object.fromEntries(entries.map(([keyword, part]) => [keyword, tidy(part)]))
  const [only, more] = Array.isArray(schema.allOf) ? (schema.allOf as JsonSchema[]) : []
  if (only && !more) {
    const { $ref, ...inner } = only
    const { allOf: _, ...outer } = schema
    return tidy({ ...inner, ...outer, ...($ref === undefined ? {} : { $ref }) })
  }
  if (typeof schema.$ref === 'string' && Object.keys(schema).length > 1) {
    const { $ref, ...beside } = schema
    return { ...beside, allOf: [{ $ref }] }
  }
  if (!Array.isArray(schema.anyOf)) return schema
  const flat = (schema.anyOf as JsonSchema[]).flatMap((part) =>
    Array.isArray(part.anyOf) && Object.keys(part).length === 1 ? (part.anyOf as JsonSchema[]) : [part],
  )
  return { ...schema, anyOf: flat }
}
