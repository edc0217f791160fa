import koffi from "koffi"
import { layout } from "./layout.ts"

const pointersAreWide = layout.pointer.size === 8

/**
 * Native memory at a fixed address, written through views that are made once: to make a view takes far longer than to
 * write. Nothing reads or writes it after `free`.
 */
export class MemoryBlock {
  readonly address: bigint
  readonly size: number
  readonly bytes: Uint8Array
  readonly units: Uint16Array
  readonly words: Uint32Array
  readonly quads: BigUint64Array
  readonly text: Buffer
  readonly #low: number
  readonly #high: number

  /** Makes a block that is zeroed. `size`: in bytes, a multiple of 8. */
  constructor(size: number) {
    this.address = BigInt(koffi.alloc("uint8_t", size))
    this.size = size
    const view = koffi.view(this.address, size)
    this.bytes = new Uint8Array(view)
    this.units = new Uint16Array(view)
    this.words = new Uint32Array(view)
    this.quads = new BigUint64Array(view)
    this.text = Buffer.from(view)
    this.#low = Number(this.address & 0xffffffffn)
    this.#high = Number(this.address >> 32n)
  }

  /**
   * Writes a pointer to `offset` in this block, in two halves: to make a BigInt would take longer than all other writes.
   */
  point(word: number, offset: number): void {
    const low = this.#low + offset
    this.words[word] = low
    if (pointersAreWide) this.words[word + 1] = low > 0xffffffff ? this.#high + 1 : this.#high
  }

  free(): void {
    koffi.free(this.address)
  }
}

const typedArray: object = Object.getPrototypeOf(Uint8Array.prototype)
const byteLength: () => unknown = Object.getOwnPropertyDescriptor(typedArray, "byteLength")!.get!

/** Returns the number of bytes that an array has, which are copied and read by native code; its `length` may report another. */
export const lengthOf = (bytes: Uint8Array): number => byteLength.call(bytes) as number
