// `npm test`: builds, then runs every test file; `npm test -- PATTERN …` runs those whose path contains a pattern.
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { build } from './build.mjs'

/** Newer versions of Node read TypeScript by themselves. */
const readsTypes = process.features.typescript ? [] : ['--import', 'tsx']
const root = fileURLToPath(new URL('..', import.meta.url))
const folders = ['unit', 'dns', 'servers', 'clients', 'lab', 'scenarios', 'tools', 'docs']

const find = (folder) =>
  readdirSync(`${root}${folder}`, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules') return []
    const path = `${folder}/${entry.name}`
    return entry.isDirectory() ? find(path) : entry.name.endsWith('.test.ts') ? [path] : []
  })

/** The longest begin first, so that none of them is left alone at the end. */
const longest = [
  'lab/runtimes/docker/verdicts',
  'lab/runtimes/docker/compose',
  'lab/runtimes/docker/clean-up',
  'scenarios/shipped',
  'lab/cli/clean-up',
  'scenarios/every-fault-matters',
  'lab/cli/bad-clients',
  'lab/cli/command',
  'docs/readme',
]
const place = (file) => [...longest, ''].findIndex((start) => file.startsWith(start))

await build()
const patterns = process.argv.slice(2)
const files = folders
  .flatMap(find)
  .filter((file) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern)))
  .sort((a, b) => place(a) - place(b))
const width = Math.max(2, availableParallelism())
const child = spawn(process.execPath, [...readsTypes, '--test', `--test-concurrency=${width}`, ...files], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
})
child.on('close', (code) => {
  process.exitCode = code ?? 1
})
