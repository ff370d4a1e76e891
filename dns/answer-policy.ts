/**
 * Which addresses of an RRset an answer holds, and in which order. Pure: the same seed, owner name, type and query number
 * give the same answer, whatever was asked in between; A and AAAA draw independently.
 */
import type { AnswerOrder } from '../unit/protocol.ts'

export interface AnswerChoice {
  readonly order: AnswerOrder
  /** How many addresses the RRset has. */
  readonly count: number
  readonly atMost?: number | undefined
  /** From `streamOf`. */
  readonly stream: number
  /** Number of this query among those of its name and type, from 1: keys the shuffle. */
  readonly queryNumber: number
  /** How many answers the RRset has given as it stands now: turns the rotation. */
  readonly position: number
}

/** The random stream of an owner name and type under a seed. */
export function streamOf(seed: number, name: string, type: string): number {
  let hash = mix(seed ^ 0x811c9dc5)
  for (const character of `${name} ${type}`) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193)
  return mix(hash)
}

/**
 * Writes the chosen addresses' indexes into `into` and returns a number that stands for exactly this choice
 * (its rank among all of the same order), or NaN when there are too many choices to number.
 */
export function chooseAnswer(choice: AnswerChoice, into: number[]): number {
  const { count } = choice
  const taken = Math.min(choice.atMost ?? count, count)
  into.length = count
  const first = choice.order === 'rotated' && count > 0 ? choice.position % count : 0
  for (let index = 0; index < count; index++) into[index] = (first + index) % count
  let rank = first
  if (choice.order === 'shuffled') rank = shuffle(choice.stream, choice.queryNumber, taken, into)
  into.length = taken
  return rank
}

/** Draws the first `taken` places of a Fisher-Yates shuffle; the draws themselves are the digits of the rank. */
function shuffle(stream: number, queryNumber: number, taken: number, items: number[]): number {
  const count = items.length
  let state = mix(stream ^ Math.imul(queryNumber, 0x9e3779b1))
  let rank = 0
  for (let place = 0; place < taken; place++) {
    state = (state + 0x6d2b79f5) | 0
    const left = count - place
    const draw = Math.floor(((mix(state ^ stream) >>> 0) / 0x1_0000_0000) * left)
    const chosen = items[place + draw] ?? 0
    items[place + draw] = items[place] ?? 0
    items[place] = chosen
    rank = rank * left + draw
  }
  return rank <= Number.MAX_SAFE_INTEGER ? rank : Number.NaN
}

/** MurmurHash3's finalizer: every bit of the input changes every bit of the output half of the time. */
function mix(value: number): number {
  let hash = value | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
