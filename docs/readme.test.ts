/** The README and the other documents say what is so: their commands run, and end and print as shown. */
import assert from 'node:assert/strict'
import { Resolver } from 'node:dns/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { findGo } from '../lab/go-client.ts'
import { packageRoot } from '../lab/paths.ts'
import { netns } from '../lab/runtimes/netns.ts'
import { findProgram } from '../lab/runtimes/programs.ts'
import { shippedNames } from '../lab/scenario/library.ts'
import { type Block, blocksOf, type Command, commandsOf, documents, read, sectionOf } from './testing/markdown.ts'
import { missingLines, shapeOf } from './testing/shape.ts'
import { type Running, runCommand, startCommand } from './testing/shell.ts'
import { makeWorkFolder } from './testing/work-folder.ts'

const scripts = (JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> }).scripts
const hasNetns = await netns.open(AbortSignal.timeout(10_000)).then(
  (lab) => lab.stop().then(() => true),
  () => false,
)

test('the output in the README is what the command prints, numbers apart', {
  skip: hasNetns ? false : 'it was made in a network namespace',
}, async () => {
  const shown = shapeOf(blocksOf('README.md').find(({ language }) => language === 'console')?.text ?? '')
  const { path, remove } = makeWorkFolder('README.md')
  try {
    const { output } = await runCommand('npm run -s scenario all-down -- --client node 2>/dev/null', path)
    assert.deepEqual(shapeOf(output).sort(), shown.sort())
  } finally {
    remove()
  }
})

test('the README lists every shipped scenario once, and is short enough to read', async () => {
  const names = [...sectionOf('README.md', '## The scenarios').matchAll(/^\| \[([\w-]+)\]\(scenarios\/\1\.yaml\) \|/gm)].map(
    ([, name]) => name,
  )
  assert.deepEqual(names.sort(), await shippedNames())
  assert.ok(read('README.md').split('\n').length <= 260)
})

for (const document of documents) {
  const blocks = blocksOf(document).filter(({ language }) => language === 'sh' || language === 'console')
  if (!blocks.some(({ language }) => language === 'sh')) continue
  const folder = makeWorkFolder(document)
  const session: Session = { folder: folder.path, server: undefined, port: '' }
  after(async () => {
    await session.server?.stop()
    folder.remove()
  })
  for (const [index, block] of blocks.entries()) {
    if (block.language !== 'sh') continue
    const commands = commandsOf(block)
    for (const command of commands) {
      const next = command === commands.at(-1) ? blocks[index + 1] : undefined
      const shown = next?.language === 'console' ? next : undefined
      test(`${document}:${command.line}: ${command.text}`, { skip: whyNot(command.text) }, () => follow(command, shown, session))
    }
  }
}

/** What the commands of one document leave for the next ones. */
interface Session {
  readonly folder: string
  /** The DNS server that a command started, and its port. */
  server: Running | undefined
  port: string
}

/** What this machine lacks for a command; false if nothing. */
function whyNot(text: string): string | false {
  if (/--client go\b/.test(text) && !findGo()) return 'there is no Go here'
  if (text.includes('{url}') && !findProgram('tcpdump')) return 'there is no tcpdump here'
  return (
    ['dig', 'python3', 'curl', 'wget'].flatMap((program) =>
      new RegExp(`\\b${program}\\b`).test(text) && !findProgram(program) ? `there is no ${program} here` : [],
    )[0] ?? false
  )
}

async function follow(command: Command, shown: Block | undefined, session: Session): Promise<void> {
  for (const part of command.text.split(' && ')) {
    if (part === 'npm ci') checkInstall()
    else if (/^npm test\b/.test(part)) checkTest(part)
    else if (part === 'npm run check') checkCheck()
    else if (/^npm run dns\b/.test(part)) await startDns(part, session)
    else if (/^(?:npm run (?:-s )?(?:scenario|lab)\b|dig )/.test(part)) await run(part, command.exit, shown, session)
    else assert.fail(`no test knows how to run \`${part}\` safely`)
  }
}

function checkInstall(): void {
  assert.ok(existsSync(join(packageRoot, 'package-lock.json')), '`npm ci` needs a lock file')
  assert.match(scripts.prepare ?? '', /^node tools\/build\.mjs$/)
}

/** Not run from within itself; but its script is there, and each pattern chooses a file. */
function checkTest(part: string): void {
  assert.equal(scripts.test, 'node tools/test.mjs')
  for (const pattern of part.split(' -- ')[1]?.split(' ') ?? [])
    assert.ok(existsSync(join(packageRoot, pattern)), `${pattern} chooses no test`)
}

function checkCheck(): void {
  for (const program of ['tsc', 'biome']) {
    assert.match(scripts.check ?? '', new RegExp(`\\b${program}\\b`))
    assert.ok(existsSync(join(packageRoot, 'node_modules', '.bin', program)))
  }
}

/** On a free port; asked over UDP, as a reader would with dig. */
async function startDns(part: string, session: Session): Promise<void> {
  await session.server?.stop()
  session.server = startCommand(part.replace(/--port \d+/, '--port 0'), session.folder)
  const announced = /DNS server on 127\.0\.0\.1 port (\d+)/
  session.port = announced.exec(await session.server.until(/Ctrl-C ends it/))?.[1] ?? ''
  const resolver = new Resolver({ timeout: 5000, tries: 1 })
  resolver.setServers([`127.0.0.1:${session.port}`])
  assert.match((await resolver.resolve4('ha.lab.test')).join(), /^127\.0\.0\.\d/)
  await session.server.until(/#1 ha\.lab\.test A udp → 127/)
}

async function run(part: string, exit: number, shown: Block | undefined, session: Session): Promise<void> {
  // Every scenario is run by the tests beside them; the free port is the one that was given.
  const safe = part.replace(/--all\b/, 'all-down --client node').replace(/-p 5300\b/, `-p ${session.port}`)
  const { code, output } = await runCommand(safe, session.folder)
  // Where there is no network namespace, what needs one is inconclusive.
  const allowed = hasNetns ? [exit] : [exit, 2]
  assert.ok(code !== null && allowed.includes(code), `exit code ${code} instead of ${exit}\n${output}`)
  const missing = shown && hasNetns ? missingLines(shapeOf(shown.text), shapeOf(output)) : []
  assert.deepEqual(missing, [], `not printed, though ${shown?.file}:${shown?.line} shows it\n${output}`)
}
