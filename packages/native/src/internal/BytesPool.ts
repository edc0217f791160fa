import type { MemoryBlock } from "./MemoryBlock.ts"
import { markAsUntransferable } from "node:worker_threads"

/**
 * Bytes of a pool. Of the sizes from 4 to 64 KiB this one takes the least time for each byte. Its memory is not zeroed, as that
 * of Node's own pool is not: to zero it took four times as long as to copy a message.
 */
const poolSize = 32 * 1024
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
  #memory = none.buffer
  #words = new Uint32Array(0)
  #bytes = none
  #used = 0
  /** View of the last bytes that were too long to be copied word by word: bodies often have the length of the one before. */
  #source: Uint8Array = none
  /** Bytes that the view is one of, and its place in them. */
  #viewed: Uint8Array = none
  #viewedAt = 0

  /** Copies bytes of a block. `at`: in bytes, a multiple of 4. */
  copy({ bytes, words }: Pick<MemoryBlock, "bytes" | "words">, at: number, length: number): Uint8Array {
    if (length === 0) return none
    if (length > longestPooled) return bytes.slice(at, at + length)
    if (this.#used + length > this.#bytes.length) this.#renew()
    const used = this.#used
    if (length > longestByWords) this.#bytes.set(this.#view(bytes, at, length), used)
    else {
      const from = at >>> 2
      const to = used >>> 2
      const count = (length + 3) >>> 2
      for (let index = 0; index < count; index++) this.#words[to + index] = words[from + index] ?? 0
    }
    // The next bytes begin at a multiple of 8, so that numbers can be read from them in place.
    this.#used = (used + length + 7) & ~7
    return new Uint8Array(this.#memory, used, length)
  }

  #renew(): void {
    this.#memory = Buffer.allocUnsafeSlow(poolSize).buffer
    this.#bytes = new Uint8Array(this.#memory)
    this.#words = new Uint32Array(this.#memory)
    this.#used = 0
    markAsUntransferable(this.#memory)
  }

  #view(bytes: Uint8Array, at: number, length: number): Uint8Array {
    if (this.#viewed === bytes && this.#viewedAt === at && this.#source.length === length) return this.#source
    this.#viewed = bytes
    this.#viewedAt = at
    return (this.#source = bytes.subarray(at, at + length))
  }
}
