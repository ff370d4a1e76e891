/** For the tests of this folder: the JSON Schema as an editor applies it, by the validator that fastify brings. */
import { createRequire } from 'node:module'
import { scenarioJsonSchema } from './json-schema.ts'

interface Validator {
  (data: unknown): boolean
  readonly errors?: readonly object[] | null
}
const fromFastify = createRequire(createRequire(import.meta.url).resolve('fastify'))
const { default: Ajv } = fromFastify('ajv') as { default: new (options: object) => { compile(schema: object): Validator } }

/** Whether data, as YAML gives it, fits the schema. */
export const fitsSchema = new Ajv({ strict: false, allErrors: true }).compile(scenarioJsonSchema())
