/** A tar archive (ustar) in memory: how files reach a container, also where the engine is another machine. */

export interface ArchiveFile {
  /** Path in the archive, without a leading slash; at most 255 bytes, its last part at most 100. */
  readonly name: string
  readonly content: Buffer
  readonly executable?: boolean
}

const block = 512
const padded = (bytes: number): number => Math.ceil(bytes / block) * block

/** The files and the folders they are in, readable by every user. */
export function archiveOf(files: readonly ArchiveFile[]): Buffer {
  const folders = [...new Set(files.flatMap(({ name }) => foldersOf(name)))].sort()
  const parts = folders.map((name) => header(`${name}/`, 0, 0o755, '5'))
  for (const { name, content, executable } of files) {
    parts.push(header(name, content.length, executable ? 0o755 : 0o644, '0'), content)
    parts.push(Buffer.alloc(padded(content.length) - content.length))
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * block)])
}

function foldersOf(name: string): string[] {
  const parts = name.split('/').slice(0, -1)
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}

function header(path: string, size: number, mode: number, type: '0' | '5'): Buffer {
  const { name, prefix } = split(path)
  const bytes = Buffer.alloc(block)
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`
  bytes.write(name, 0)
  bytes.write(octal(mode, 8), 100)
  bytes.write(octal(0, 8), 108)
  bytes.write(octal(0, 8), 116)
  bytes.write(octal(size, 12), 124)
  bytes.write(octal(0, 12), 136)
  bytes.write('        ', 148) // the sum counts itself as blanks
  bytes.write(type, 156)
  bytes.write('ustar\x0000', 257, 'latin1')
  bytes.write(prefix, 345)
  const sum = bytes.reduce((total, byte) => total + byte, 0)
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return bytes
}

/** ustar has 100 bytes for the name and 155 more for what comes before it. */
function split(path: string): { readonly name: string; readonly prefix: string } {
  if (Buffer.byteLength(path) <= 100) return { name: path, prefix: '' }
  const cut = path.lastIndexOf('/', path.length - 2)
  const [prefix, name] = [path.slice(0, cut), path.slice(cut + 1)]
  if (cut < 0 || Buffer.byteLength(name) > 100 || Buffer.byteLength(prefix) > 155)
    throw new RangeError(`The path ${path} is too long for an archive.`)
  return { name, prefix }
}

/** The content of the first regular file in an archive, as the engine hands one out. */
export function firstFileOf(archive: Buffer): Buffer | undefined {
  for (let at = 0; at + block <= archive.length; ) {
    const size = Number.parseInt(archive.toString('latin1', at + 124, at + 136), 8) || 0
    const type = archive.toString('latin1', at + 156, at + 157)
    if (type === '0' || type === '\0') return size > 0 ? archive.subarray(at + block, at + block + size) : undefined
    at += block + padded(size)
  }
  return undefined
}
