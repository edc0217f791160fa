import koffi from "koffi"
import { readPointer, writePointer } from "./layout.ts"

const aligned = (size: number): number => (size + 7) & ~7

/**
 * The memory of one call: structs and what they point to, in one piece, so that it lives as long as it is mentioned.
 * Unlike a block of `koffi.alloc`, it need not be freed, which suits calls that are rare.
 */
export class CallMemory {
  readonly buffer: ArrayBuffer
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly #address: bigint
  #used = 0

  /** Zeroed. `sizes`: of all that will be reserved. */
  constructor(sizes: ReadonlyArray<number>) {
    this.buffer = new ArrayBuffer(sizes.reduce((sum, size) => sum + aligned(size), 8))
    this.bytes = new Uint8Array(this.buffer)
    this.view = new DataView(this.buffer)
    this.#address = koffi.address(this.buffer)
  }

  /** Sets so many bytes aside, and gives their offset. */
  reserve(size: number): number {
    const offset = this.#used
    this.#used += aligned(size)
    if (this.#used > this.buffer.byteLength) throw new RangeError("more was reserved than the call was made for")
    return offset
  }

  /** Copies bytes in, and gives their offset. */
  copy(bytes: Uint8Array): number {
    const offset = this.reserve(bytes.length)
    this.bytes.set(bytes, offset)
    return offset
  }

  /** The address of an offset. */
  addressOf(offset: number): bigint {
    return this.#address + BigInt(offset)
  }

  /** Writes at `at` the address of `offset`. */
  point(at: number, offset: number): void {
    writePointer(this.view, at, this.addressOf(offset))
  }
}

/** A zeroed slot for an address or a handle that a function gives back. */
export const pointerSlot = (): ArrayBuffer => new ArrayBuffer(8)

/** What a function left in such a slot. */
export const slotValue = (slot: ArrayBuffer): bigint => readPointer(new DataView(slot), 0)

/** A slot for a count, with the value that goes in. */
export const countSlot = (count: number): Uint32Array<ArrayBuffer> => new Uint32Array(new ArrayBuffer(4)).fill(count)

/** The bytes of a text in UTF-16, with the NUL that ends it. */
export const wideText = (text: string): Uint8Array => Buffer.from(`${text}\0`, "utf16le")
