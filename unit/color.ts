/** Colour on a terminal; NO_COLOR and FORCE_COLOR decide otherwise (no-color.org). Plain in a pipe, also under CI. */
export function wantsColor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false'
  return !env.NO_COLOR && stream.isTTY === true && env.TERM !== 'dumb'
}
