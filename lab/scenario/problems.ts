/** What is wrong in a scenario file, and where. */
export type Path = readonly (string | number)[]
export interface Problem {
  /** Where in the document. */
  readonly path: Path
  /** `key`: the mistake is the key itself, not its value. */
  readonly at: 'key' | 'value'
  /** What is wrong, and the nearest right word or what to write instead. */
  readonly message: string
  /** What is allowed there, or an example. */
  readonly help?: string | undefined
}
/** A problem with its place in the text; lines and columns from 1. */
export interface PlacedProblem extends Problem {
  readonly line: number
  readonly column: number
  readonly length: number
}
/** A problem of the text itself, before there are any paths. */
export interface TextProblem {
  readonly offset: number
  readonly length: number
  readonly message: string
  readonly help?: string | undefined
}

/** Reports a problem and goes on: all problems of a file are named at once. */
export type Report = (
  path: Path,
  message: string,
  options?: { readonly at?: Problem['at']; readonly help?: string | undefined },
) => void
