/** One message in native memory, as `MQReceiveMessage` writes it: 64-bit layout, and views to read it through. */
import koffi from "koffi"
import { classId, propertySize, ui1, ui2, ui4, ui8, vector, wideString } from "./sentMessage.ts"

/** Properties that the SDK asks of every message, in the same order: id, type, and for what needs a buffer its capacity. */
export const asked: ReadonlyArray<readonly [id: number, vt: number, capacity?: number]> = [
  [1, ui2],
  [2, vector | ui1, 20],
  [3, vector | ui1, 20],
  [4, ui1],
  [5, ui1],
  [6, ui1],
  [7, ui1],
  [8, ui4],
  [9, vector | ui1, 4096],
  [10, ui4],
  [11, wideString, 250],
  [12, ui4],
  [13, ui4],
  [14, ui4],
  [17, wideString, 256],
  [18, ui4],
  [20, vector | ui1, 64],
  [21, ui4],
  [22, ui4],
  [23, ui4],
  [26, ui4],
  [27, ui4],
  [28, vector | ui1, 2048],
  [29, ui4],
  [30, classId, 16],
  [31, ui4],
  [32, ui4],
  [33, wideString, 256],
  [34, ui4],
  [35, vector | ui1, 256],
  [36, ui4],
  [41, ui1],
  [42, ui4],
  [50, ui1],
  [51, ui1],
  [52, vector | ui1, 20],
  [53, ui1],
  [54, wideString, 256],
  [55, ui4],
  [60, ui8],
  [67, wideString, 256],
  [68, ui4],
  [69, ui4],
  [70, ui4],
  [75, ui4]
]

const [idsAt, variantsAt, buffersAt, size] = [32, 256, 2048, 32_768]

interface Place {
  /** Byte that the value begins at. */
  readonly value: number
  /** Byte that the buffer begins at. */
  readonly buffer: number
}

/** Allocates the memory. `blank` is the state of the values before each call. */
export const receivedMessage = () => {
  const block = koffi.alloc("uint8_t", size)
  const memory = koffi.view(block, size)
  const [bytes, units] = [new Uint8Array(memory), new Uint16Array(memory)]
  const [words, pointers] = [new Uint32Array(memory), new BigUint64Array(memory)]
  const places = new Map<number, Place>()
  words[0] = asked.length
  pointers[1] = block + BigInt(idsAt)
  pointers[2] = block + BigInt(variantsAt)
  let buffer = buffersAt
  asked.forEach(([id, vt, capacity], index) => {
    const variant = variantsAt + index * propertySize
    const value = variant + 8
    words[idsAt / 4 + index] = id
    units[variant / 2] = vt
    places.set(id, { value, buffer })
    if (capacity === undefined) return
    const isVector = (vt & vector) !== 0
    if (isVector) words[value / 4] = capacity
    pointers[(isVector ? value + 8 : value) / 8] = block + BigInt(buffer)
    // The length of a text's buffer stands in the property after it.
    if (vt === wideString) words[(value + propertySize) / 4] = capacity
    buffer += (vt === wideString ? 2 * capacity : capacity + 7) & ~7
  })
  const placeOf = (id: number): Place => {
    const place = places.get(id)
    if (place === undefined) throw new Error(`property ${id} is not asked for`)
    return place
  }
  const blank = bytes.slice(variantsAt, variantsAt + asked.length * propertySize)
  return { address: Number(block), valuesAt: variantsAt, blank, memory, bytes, words, placeOf }
}
