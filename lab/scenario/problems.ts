/** What is wrong in a scenario file, and where. */
export type Path = readonly (string | number)[]
export interface Problem {
  /** Where in the document. */
  readonly path: Path
  /** `key`: the mistake is the key itself, not its value. */
  readonly at: 'key' | 'value'
  /** What is wrong, what was expected, and the nearest right word. */
  readonly message: string
}
/** A problem with its place in the text; lines and columns from 1. */
export interface PlacedProblem extends Problem {
  readonly line: number
  readonly column: number
  readonly length: number
}
