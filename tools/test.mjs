// `npm test`: builds, then runs every test file; `npm test -- PATTERN …` runs those whose path contains a pattern.
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from './build.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const folders = ['unit', 'dns', 'servers', 'clients', 'lab', 'scenarios', 'tools', 'docs']

const find = (folder) =>
  readdirSync(`${root}${folder}`, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules') return []
    const path = `${folder}/${entry.name}`
    return entry.isDirectory() ? find(path) : entry.name.endsWith('.test.ts') ? [path] : []
  })

await build()
const patterns = process.argv.slice(2)
const files = folders.flatMap(find).filter((file) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern)))
const child = spawn(process.execPath, ['--import', 'tsx', '--test', '--test-concurrency=2', ...files], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
})
child.on('close', (code) => {
  process.exitCode = code ?? 1
})
