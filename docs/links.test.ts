import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'
import { packageRoot } from '../lab/paths.ts'
import { documents, read } from './testing/markdown.ts'

/** GitHub's anchor for a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')
const anchorsOf = (file: string): string[] => [...read(file).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading))

for (const document of documents) {
  test(`every link within the project from ${document} leads somewhere`, () => {
    const targets = [...read(document).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, target = '']) => target)
    for (const target of targets) {
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? document : join(dirname(document), path)
      assert.ok(existsSync(join(packageRoot, file)), target)
      if (anchor !== undefined) assert.ok(anchorsOf(file).includes(anchor), target)
    }
  })
}

test("what the package's own documents link to is in the package", () => {
  const listed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: packageRoot, encoding: 'utf8' })
  const [packed] = JSON.parse(listed) as [{ readonly files: readonly { readonly path: string }[] }]
  const files = packed.files.map(({ path }) => path)
  const missing = documents
    .filter((document) => files.includes(document))
    .flatMap((document) =>
      [...read(document).matchAll(/\]\((?!https?:|#)([^)\s#]+)/g)]
        .map(([, target = '']) => normalize(join(dirname(document), target)))
        .filter((target) => !files.some((file) => file === target || file.startsWith(`${target.replace(/\/$/, '')}/`)))
        .map((target) => `${document} → ${target}`),
    )
  assert.deepEqual(missing, [])
})
