/** The documentation as tests see it: files, fenced blocks, and the commands in them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../lab/paths.ts'

export interface Block {
  /** Relative to the package, such as `docs/workshop.md`. */
  readonly file: string
  /** Line of the opening fence, from 1. */
  readonly line: number
  readonly language: string
  readonly text: string
}
/** One line of an `sh` block; `# exit 1` at its end says which code it must end with. */
export interface Command {
  readonly file: string
  readonly line: number
  readonly text: string
  readonly exit: number
}

export const read = (file: string): string => readFileSync(join(packageRoot, file), 'utf8')

/** Every file of documentation whose examples are run. */
export const documents: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(packageRoot, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `docs/${name}`),
]

/** The fenced blocks of a file, in order. */
export function blocksOf(file: string): Block[] {
  const blocks: Block[] = []
  let open: { readonly line: number; readonly language: string; readonly lines: string[] } | undefined
  for (const [index, line] of read(file).split('\n').entries()) {
    const fence = /^```(.*)$/.exec(line)
    if (fence && open) {
      blocks.push({ file, line: open.line, language: open.language, text: open.lines.join('\n') })
      open = undefined
    } else if (fence) open = { line: index + 1, language: fence[1] ?? '', lines: [] }
    else open?.lines.push(line)
  }
  return blocks
}

/** The commands of a block. */
export const commandsOf = ({ file, line, text }: Block): Command[] =>
  text.split('\n').flatMap((row, index): Command[] => {
    const [, command = '', exit = '0'] = /^(.*?)(?:\s+# exit (\d+))?$/.exec(row.trim()) ?? []
    return command === '' ? [] : [{ file, line: line + 1 + index, text: command, exit: Number(exit) }]
  })

/** The file that a YAML block is to be saved as: its first line says so, `# mine.yaml`. */
export const fileNameOf = ({ language, text }: Block): string | undefined =>
  language === 'yaml' ? /^# ([\w-]+\.yaml)$/m.exec(text.split('\n')[0] ?? '')?.[1] : undefined

/** The part of a file between a heading and the next one of its level. */
export function sectionOf(file: string, heading: string): string {
  const [, after = ''] = read(file).split(`\n${heading}\n`)
  const level = /^#+/.exec(heading)?.[0] ?? '#'
  return after.split(new RegExp(`\\n${level} `))[0] ?? ''
}
