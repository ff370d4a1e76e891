/** Saved journals: one JSON object a line, one run after the other; each begins with `run-started`. */
import { readFile } from 'node:fs/promises'
import { LabError } from '../errors.ts'
import { type Journal, type JournalEntry, journalVersion } from './journal.ts'

export const journalText = (journals: readonly Journal[]): string =>
  journals.map((journal) => journal.map((entry) => `${JSON.stringify(entry)}\n`).join('')).join('')

export async function readJournals(file: string): Promise<Journal[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new LabError(
      'JOURNAL_UNREADABLE',
      `Cannot read the journal ${file}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    )
  })
  const journals: JournalEntry[][] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue
    const entry = parseEntry(line, `${file}:${index + 1}`)
    if (entry.event === 'run-started') {
      if (entry.run.journalVersion !== journalVersion)
        throw new LabError(
          'JOURNAL_UNREADABLE',
          `${file}:${index + 1}: this journal has version ${entry.run.journalVersion}, and this lab reads ${journalVersion}.`,
        )
      journals.push([entry])
    } else if (journals.length === 0)
      throw new LabError('JOURNAL_UNREADABLE', `${file}:${index + 1}: a journal begins with run-started.`)
    else journals.at(-1)?.push(entry)
  }
  if (journals.length === 0)
    throw new LabError('JOURNAL_UNREADABLE', `${file} holds no journal.`, {
      remedy: 'write one with `failover-lab run all-down --journal FILE`',
    })
  return journals
}

function parseEntry(line: string, place: string): JournalEntry {
  try {
    const entry = JSON.parse(line) as JournalEntry
    if (typeof entry === 'object' && entry !== null && typeof entry.event === 'string' && typeof entry.atUs === 'number')
      return entry
  } catch {
    // said below, for both
  }
  throw new LabError('JOURNAL_UNREADABLE', `${place}: this line is no entry of a journal.`, {
    remedy: 'write one with `failover-lab run all-down --journal FILE`',
  })
}
