/** Words for problems: an example of each key that can be missing, and where a key belongs that stands elsewhere. */
import { expectation } from './expectation.ts'
import { requestStep, scenarioFile } from './schema.ts'
import { serverPort } from './values.ts'
import { zoneEntry } from './zone.ts'

/** What to write for a key that is missing. */
export const examples: Readonly<Record<string, string>> = {
  title: 'title: The server in use dies',
  servers: 'servers: [127.0.0.1, 127.0.0.2]',
  dns: 'dns: { ha.lab.test: { A: [127.0.0.1] } }',
  steps: `steps: [{ request: http://ha.lab.test:${serverPort}/, expect: { status: 200 } }]`,
  request: `request: http://ha.lab.test:${serverPort}/`,
  when: 'when: before_head (or accept, mid_body)',
  by: 'by: 1s',
  code: 'code: 503',
  one_of: 'one_of: [127.0.0.1, 127.0.0.2]',
}

/** Where each key belongs; words that several places know are left out, and so are those of a scenario's own top level in them. */
export const placesOf: Readonly<Record<string, string>> = Object.fromEntries([
  ...Object.keys(zoneEntry.in.shape).map((key) => [
    key,
    'under a name of `dns`, as in `dns: { ha.lab.test: { A: [127.0.0.1] } }`',
  ]),
  ...Object.keys(requestStep.shape).map((key) => [key, 'in a request step, beside `request`']),
  ...Object.keys(expectation.shape).map((key) => [key, 'in the `expect` of a request step']),
  ...Object.keys(scenarioFile.shape).map((key) => [key, 'at the top of the file, without indentation']),
])
