import { eachText } from './each-text.ts'

/** A client's own words on a terminal: what would move the cursor, colour the screen, break the line or turn it round is made visible. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a terminal obeys
const control = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g

/** A copy of plain data with every text in it fit for one line of a terminal. */
export const printable = <T>(value: T): T =>
  eachText(value, (text) => text.replace(control, (run) => (/^[\r\n]+$/.test(run) ? ' ' : '\ufffd')))
