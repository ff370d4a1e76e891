/** Prints the scripted wait of the run that waits longest, as JSON. */
import { loadScenario, shippedNames } from '../lab/scenario/library.ts'
import { parseScenario } from '../lab/scenario/parse.ts'
import { scriptedWaitMs } from '../lab/scenario/scripted-wait.ts'

const waits = []
for (const name of await shippedNames()) {
  const { text } = await loadScenario(name)
  const parsed = parseScenario(text, name)
  if (!parsed.ok) throw new Error(`${name} does not parse`)
  for (const variant of parsed.scenario.variants)
    waits.push({ name: `${name} with ${variant.name}`, ms: scriptedWaitMs(parsed.scenario, variant) })
}
console.log(JSON.stringify(waits.sort((a, b) => b.ms - a.ms)[0]))
