#!/usr/bin/env node
// The command `failover-lab`. In a checkout it rebuilds dist/ first where a source file is newer than the last build.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const build = join(root, 'tools', 'build.mjs')
const stamp = join(root, 'dist', 'built')

const newest = (folder) =>
  readdirSync(folder, { withFileTypes: true, recursive: false }).reduce((latest, entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return Math.max(latest, newest(path))
    return entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts') ? Math.max(latest, statSync(path).mtimeMs) : latest
  }, 0)

if (existsSync(build)) {
  const builtMs = existsSync(stamp) ? statSync(stamp).mtimeMs : 0
  if (
    ['unit', 'dns', 'servers', 'clients/node', 'clients/command', 'lab'].some((folder) => newest(join(root, folder)) > builtMs)
  ) {
    try {
      await (await import('../tools/build.mjs')).build()
    } catch (error) {
      process.stderr.write(`failover-lab: the build failed: ${error.message}\n`)
      process.exit(3)
    }
  }
}
process.argv.splice(2, 0, 'cli')
createRequire(import.meta.url)('./boot.cjs')
