/** Size of a slab, in bytes. A message that stays in its queue keeps at most so much memory from being freed. */
const size = 8192

/** Largest body that goes into a slab: of larger ones, too few would fit into one. */
const largest = size / 4

/** Largest array that V8 keeps in the heap, without an `ArrayBuffer`: it costs less than a part of a slab. */
const smallest = 64

let slab = new Uint8Array(size)
let used = 0

/**
 * Copies bytes that stay in a queue. Small ones share a slab of memory: an `ArrayBuffer` for each takes two thirds of the time of
 * a send. A receive copies them once more, into memory of their own.
 */
export const copyIntoSlab = (bytes: Uint8Array): Uint8Array => {
  const { length } = bytes
  if (!isInSlab(bytes)) return new Uint8Array(bytes)
  if (used + length > size) {
    slab = new Uint8Array(size)
    used = 0
  }
  slab.set(bytes, used)
  return slab.subarray(used, (used += length))
}

/**
 * Tells by their length whether bytes of a message in a queue share their buffer with others, so that no program may get hold of
 * it. To ask for the buffer of a small array would make one.
 */
export const isInSlab = ({ length }: Uint8Array): boolean => length > smallest && length <= largest
