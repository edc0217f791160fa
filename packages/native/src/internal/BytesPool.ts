import type { MemoryBlock } from "./MemoryBlock.ts"
import { markAsUntransferable } from "node:worker_threads"

const poolSize = 16 * 1024
/** Longest bytes that are pooled: longer ones would keep the rest of a pool in memory for one message. */
const longestPooled = 2048

/** Longest bytes that are copied word by word: the view that `set` needs would take longer. */
const longestByWords = 128

const none = new Uint8Array(0)

/**
 * Memory that received bytes are copied to, several short ones into one `ArrayBuffer`: to make one for each took four
 * times as long as the copy. As with Node's own pool, the memory cannot be transferred to another thread.
 */
export class BytesPool {
  #words = new Uint32Array(0)
  #used = 0
  /** View of the last bytes that were too long to be copied word by word: bodies often have the length of the one before. */
  #source: Uint8Array = none

  /** Copies bytes of a block. `at`: in bytes, a multiple of 4. */
  copy({ bytes, words }: Pick<MemoryBlock, "bytes" | "words">, at: number, length: number): Uint8Array {
    if (length === 0) return none
    if (length > longestPooled) return bytes.slice(at, at + length)
    if (this.#used + length > this.#words.byteLength) {
      this.#words = new Uint32Array(poolSize / 4)
      this.#used = 0
      markAsUntransferable(this.#words.buffer)
    }
    const copied = new Uint8Array(this.#words.buffer, this.#used, length)
    if (length > longestByWords) copied.set(this.#view(bytes, at, length))
    else {
      const from = at >>> 2
      const to = this.#used >>> 2
      const count = (length + 3) >>> 2
      for (let index = 0; index < count; index++) this.#words[to + index] = words[from + index] ?? 0
    }
    // The next bytes begin at a multiple of 8, so that numbers can be read from them in place.
    this.#used = (this.#used + length + 7) & ~7
    return copied
  }

  #view(bytes: Uint8Array, at: number, length: number): Uint8Array {
    const { buffer, byteOffset } = this.#source
    const isSame = this.#source.length === length && byteOffset === at && buffer === bytes.buffer
    return isSame ? this.#source : (this.#source = bytes.subarray(at, at + length))
  }
}
