import { markAsUntransferable } from "node:worker_threads"

const poolSize = 16 * 1024
/** Longest bytes that are pooled: longer ones would keep the rest of a pool in memory for one message. */
const longestPooled = 2048

const none = new Uint8Array(0)

/**
 * Memory that received bytes are copied to, several short ones into one `ArrayBuffer`: to make one for each took four
 * times as long as the copy. As with Node's own pool, the memory cannot be transferred to another thread.
 */
export class BytesPool {
  #pool = new ArrayBuffer(0)
  #used = 0

  copy(source: Uint8Array, at: number, length: number): Uint8Array {
    if (length === 0) return none
    if (length > longestPooled) return source.slice(at, at + length)
    if (this.#used + length > this.#pool.byteLength) {
      this.#pool = new ArrayBuffer(poolSize)
      this.#used = 0
      markAsUntransferable(this.#pool)
    }
    const copied = new Uint8Array(this.#pool, this.#used, length)
    copied.set(source.subarray(at, at + length))
    // The next bytes begin at a multiple of 8, so that numbers can be read from them in place.
    this.#used = (this.#used + length + 7) & ~7
    return copied
  }
}
