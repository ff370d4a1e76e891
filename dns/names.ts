/** Owner names as text: lower case, no final dot, odd bytes escaped (RFC 1035 §5.1), so that no two names look alike. */

/** The zone this server is authoritative for: the TLD that RFC 6761 reserves for tests. */
export const apex = 'test'

/** True for the apex and every name below it. */
export const isWithinApex = (name: string): boolean => name === apex || name.endsWith(`.${apex}`)

/** The name one label up; undefined above a single label. */
export function parentOf(name: string): string | undefined {
  const dot = name.indexOf('.')
  return dot < 0 ? undefined : name.slice(dot + 1)
}

/** What is wrong with a name that a zone file gives, or undefined. */
export function nameProblem(name: string): string | undefined {
  if (name.length > 253) return `is ${name.length} characters long; a name has at most 253`
  if (!isWithinApex(name))
    return `is not under .${apex}, the only TLD served here (RFC 6761): write something like ha.lab.${apex}`
  const label = name.split('.').find((part) => !/^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(part))
  if (label === undefined) return undefined
  return `has the label "${label}": 1 to 63 letters, digits, _ or - (not first or last) are allowed`
}

/** One label's bytes as text. */
export function labelText(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) {
    if (byte === 0x2e || byte === 0x5c) text += `\\${String.fromCharCode(byte)}`
    else if (byte > 0x20 && byte < 0x7f) text += String.fromCharCode(byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte)
    else text += `\\${String(byte).padStart(3, '0')}`
  }
  return text
}
