// Writes the JSON Schema that editors use for scenario files: node --import tsx tools/schema.ts
import { writeFileSync } from 'node:fs'
import { scenarioJsonSchema } from '../lab/scenario/json-schema.ts'

const file = new URL('../scenarios/scenario.schema.json', import.meta.url)
writeFileSync(file, `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`)
