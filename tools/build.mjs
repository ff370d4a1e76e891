// Bundles the lab into dist/: one CommonJS file per entry, each with V8's compiled code beside it (lab/boot.cjs reads it).
// `npm ci` runs this, and so does the command itself when a source file is newer than the last build.
import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const entries = {
  cli: 'lab/cli/main.ts',
  'dns-unit': 'dns/unit.ts',
  'dns-alone': 'dns/alone.ts',
  'server-unit': 'servers/unit.ts',
  'client-node': 'clients/node/unit.ts',
  'client-command': 'clients/command/unit.ts',
}
const root = fileURLToPath(new URL('..', import.meta.url))

// dockerode loads SSH, gRPC and protobuf whether they are used or not: nine tenths of its start-up time. They stay where they
// are, and are loaded when called.
const loadDockerodeLazily = {
  name: 'load-dockerode-lazily',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\/(ssh|session|buildkit)$/ }, ({ path, importer }) => {
      const [, owner] = /node_modules\/(docker-modem|dockerode)\/lib\/[^/]+$/.exec(importer.replaceAll('\\', '/')) ?? []
      return owner && { path: `${owner}/lib/${path.slice(2)}`, namespace: 'lazy' }
    })
    onLoad({ filter: /.*/, namespace: 'lazy' }, ({ path }) => {
      // By way of dockerode: docker-modem is its dependency, and need not be visible from here.
      const load = `require('node:module').createRequire(require.resolve('dockerode/package.json'))('${path}')`
      const isFunction = !path.endsWith('buildkit')
      return { contents: `module.exports = ${isFunction ? `(...args) => ${load}(...args)` : load}`, resolveDir: root }
    })
  },
}

export async function build() {
  const { build: bundle } = await import('esbuild').catch(() => {
    throw new Error('The build needs esbuild, which is not installed: run `npm ci` without --omit=dev.')
  })
  const next = `${root}dist/next-${process.pid}`
  try {
    mkdirSync(next, { recursive: true })
    await bundle({
      absWorkingDir: root,
      entryPoints: entries,
      outdir: next,
      outExtension: { '.js': '.cjs' },
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node20.19',
      external: ['zx', 'dockerode/package.json'],
      plugins: [loadDockerodeLazily],
      supported: { 'dynamic-import': false }, // a script from V8's cache cannot import; it can require
      minifySyntax: true,
      legalComments: 'none',
      logLevel: 'silent', // the error itself is told, once
      // Read at start-up by fastify's optional parts; none of them is used here.
      define: { 'import.meta.url': '__entryUrl' },
      banner: { js: "const __entryUrl = require('node:url').pathToFileURL(__filename).href;" },
    })
    for (const entry of Object.keys(entries)) renameSync(`${next}/${entry}.cjs`, `${root}dist/${entry}.cjs`)
  } catch (error) {
    const [first] = error.errors ?? []
    const place = first?.location ? `${first.location.file}:${first.location.line}: ` : ''
    throw new Error(first ? `${place}${first.text}` : error.message)
  } finally {
    rmSync(next, { recursive: true, force: true })
  }
  for (const entry of Object.keys(entries)) {
    execFileSync(process.execPath, [`${root}lab/boot.cjs`, entry, '--write-code-cache'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  }
  writeFileSync(`${root}dist/built`, `${process.version}\n`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build()
