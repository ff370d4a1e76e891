// Starts one entry of dist/ with V8's compiled code beside it: loading a bundle is most of a unit's start-up time.
//   node boot.cjs ENTRY [ARG ...]
// The code cache belongs to one Node version; another version ignores it and starts a little slower.
'use strict'
const { readFileSync, writeFileSync, renameSync } = require('node:fs')
const { dirname, join } = require('node:path')
const { Script, constants } = require('node:vm')

const [, , entry = '', ...args] = process.argv
const filename = join(__dirname, '..', 'dist', `${entry}.cjs`)
const cacheFile = `${filename}.${process.version}.cache`
const source = readFileSync(filename, 'utf8')
let cachedData
try {
  cachedData = readFileSync(cacheFile)
} catch {} // none yet: tools/build.mjs makes it
const script = new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
  filename,
  cachedData,
  importModuleDynamically: constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER,
})
const entryModule = { exports: {} }
script.runInThisContext()(entryModule.exports, require, entryModule, filename, dirname(filename))

if (args[0] === '--write-code-cache') {
  Promise.resolve(entryModule.exports.warm?.()).then(() => {
    writeFileSync(`${cacheFile}.tmp`, script.createCachedData())
    renameSync(`${cacheFile}.tmp`, cacheFile)
    process.exit(0)
  })
} else entryModule.exports.main(args)
