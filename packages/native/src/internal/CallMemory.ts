import koffi from "koffi"
import { writePointer } from "./layout.ts"

const aligned = (size: number): number => (size + 7) & ~7

/**
 * Memory of one call: structs and the values that they point to, in one piece. It is collected when nothing refers to it
 * any more, unlike a block of `koffi.alloc`, which must be freed; that suits calls that are rare.
 */
export class CallMemory {
  readonly buffer: ArrayBuffer
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly #address: bigint
  #used = 0

  /** Makes memory that is zeroed. `sizes`: all sizes that will be reserved. */
  constructor(sizes: ReadonlyArray<number>) {
    this.buffer = new ArrayBuffer(sizes.reduce((sum, size) => sum + aligned(size), 8))
    this.bytes = new Uint8Array(this.buffer)
    this.view = new DataView(this.buffer)
    this.#address = koffi.address(this.buffer)
  }

  /** Reserves so many bytes. Returns their offset. */
  reserve(size: number): number {
    const offset = this.#used
    this.#used += aligned(size)
    if (this.#used > this.buffer.byteLength) throw new RangeError("more was reserved than the call was made for")
    return offset
  }

  /** Copies bytes in. Returns their offset. */
  copy(bytes: Uint8Array): number {
    const offset = this.reserve(bytes.length)
    this.bytes.set(bytes, offset)
    return offset
  }

  /** Returns the address of an offset. */
  addressOf(offset: number): bigint {
    return this.#address + BigInt(offset)
  }

  /** Writes the address of `offset` at `at`. */
  point(at: number, offset: number): void {
    writePointer(this.view, at, this.addressOf(offset))
  }
}

/** Makes a slot for a count, with the value that goes in. */
export const countSlot = (count: number): Uint32Array<ArrayBuffer> => new Uint32Array(new ArrayBuffer(4)).fill(count)

/** Returns the bytes of a text in UTF-16, with the NUL that ends it. */
export const wideText = (text: string): Uint8Array => Buffer.from(`${text}\0`, "utf16le")
