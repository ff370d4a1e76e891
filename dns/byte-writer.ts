/**
 * Where dns2's encoders write. dns2's own writer keeps one array element per bit and renders the whole message after each
 * record; this one keeps bytes. `names` turns on dns2's name compression.
 */
export class ByteWriter {
  readonly names = new Map<string, number>()
  /** Whole bytes so far. dns2's type wants this member. */
  readonly buffer: number[] = []
  #partial = 0
  #partialBits = 0

  write(value: number, bits: number): void {
    if (bits >= 8 && this.#partialBits === 0) {
      for (let shift = bits - 8; shift >= 0; shift -= 8) this.buffer.push((value >>> shift) & 0xff)
      return
    }
    for (let bit = bits - 1; bit >= 0; bit--) {
      this.#partial = (this.#partial << 1) | ((value >>> bit) & 1)
      if (++this.#partialBits < 8) continue
      this.buffer.push(this.#partial)
      this.#partial = 0
      this.#partialBits = 0
    }
  }

  writeBytes(bytes: Uint8Array): void {
    for (const byte of bytes) this.buffer.push(byte)
  }

  writeBuffer(other: { readonly buffer: number[] }): void {
    this.writeBytes(Uint8Array.from(other.buffer))
  }

  bitLength(): number {
    return this.buffer.length * 8 + this.#partialBits
  }

  byteLength(): number {
    return this.buffer.length
  }

  /** Overwrites whole bytes: dns2 fills in a record's length with it. */
  patch(bitOffset: number, value: number, bits: number): void {
    for (let done = 0; done < bits; done += 8) this.buffer[(bitOffset + done) / 8] = (value >>> (bits - 8 - done)) & 0xff
  }

  /** dns2 calls this after every record and throws the result away, so it costs nothing: take `bytes` at the end. */
  toBuffer(): Buffer {
    return nothing
  }

  bytes(): Buffer {
    return Buffer.from(this.buffer)
  }
}

const nothing = Buffer.alloc(0)
