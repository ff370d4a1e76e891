/** What a program says about its version; many say nothing, and some do not know the question. */
import { runCommand } from './run-command.ts'

const limitMs = 2000

/** The version in the first line of `PROGRAM --version`, that line, or `of unknown version`; `missing` says why it cannot be started. */
export async function versionOf(
  program: string,
  env: Readonly<Record<string, string>>,
): Promise<{ readonly version: string } | { readonly missing: string }> {
  const { code, stopped, stdout, stderr } = await runCommand([program, '--version'], { timeMs: limitMs, env })
  if (stopped === 'not-started') return { missing: stderr }
  const [first = ''] = (stdout.trim() || stderr.trim()).split('\n')
  if (code !== 0 || first === '') return { version: 'of unknown version' }
  return { version: /\d+(?:\.\w+)+/.exec(first)?.[0] ?? first.slice(0, 60) }
}
