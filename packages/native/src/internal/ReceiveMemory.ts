import { messageProperties } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { numbers as vartypes } from "@effect-msmq/core/mqrt/VariantType"
import { layout } from "./layout.ts"
import { MemoryBlock } from "./MemoryBlock.ts"
import { usualCapacities } from "./bufferCapacities.ts"
import type { BufferName, ReceivedPropertyName } from "./receivedPropertyNames.ts"
import { receivedProperties } from "./receivedPropertyNames.ts"
import {
  elementsWord,
  idsWord,
  valuesAt,
  valueWord,
  variantsAt,
  variantsWord,
  wordsPerVariant,
  writeCount,
  writeHeader
} from "./PropertyArray.ts"

const { VT_CLSID, VT_LPWSTR, "VT_VECTOR|VT_UI1": VT_VECTOR_UI1 } = vartypes

const isBuffer = (name: string): name is BufferName => name in usualCapacities

const record = <Value>(
  of: (name: ReceivedPropertyName, index: number) => Value
): Readonly<Record<ReceivedPropertyName, Value>> =>
  Object.fromEntries(receivedProperties.map((name, index) => [name, of(name, index)])) as Record<
    ReceivedPropertyName,
    Value
  >

/** The word with the value of each property, which is the count of a vector and the pointer of a text. */
export const valueWords = record((_, index) => variantsWord + index * wordsPerVariant + valueWord)

let free = valuesAt
const place = (size: number): number => {
  const at = free
  free += (size + 7) & ~7
  return at
}
/** Where values of fixed size stand, in bytes; 0 for what is no such value. */
export const fixedAt = record((name) => {
  const { exactly, vartype } = messageProperties[name]
  return exactly !== null ? place(exactly) : vartype === VT_CLSID ? place(layout.GUID.size) : 0
})
const buffersAt = free

/** How much room each buffer has. */
export type Capacities = Readonly<Record<BufferName, number>>

/** Where a property of no fixed size is written. Of no room at all, where the property is not asked for. */
export interface ReceiveBuffer {
  readonly name: BufferName
  /** In bytes. */
  readonly at: number
  readonly capacity: number
  /** The word of the companion. */
  readonly lengthWord: number
  /** The text that was read from here before. */
  last: string
}

/** The memory of a receive with buffers of given capacities, laid out once, and put back as it was before each call. */
export class ReceiveMemory {
  readonly block: MemoryBlock
  readonly buffers: Readonly<Record<BufferName, ReceiveBuffer>>
  /** The variants, statuses and values of fixed size as they are before a call. */
  readonly #blank: Uint8Array
  readonly #textUnits: ReadonlyArray<number>

  constructor(names: ReadonlyArray<ReceivedPropertyName>, capacities: Capacities) {
    let size = buffersAt
    const buffer = (name: BufferName): ReceiveBuffer => {
      const at = size
      const capacity = names.includes(name) ? capacities[name] : 0
      size += (capacity * (messageProperties[name].vartype === VT_LPWSTR ? 2 : 1) + 7) & ~7
      return { name, at, capacity, lengthWord: valueWords[messageProperties[name].length], last: "" }
    }
    this.buffers = Object.fromEntries(
      Object.keys(usualCapacities)
        .filter(isBuffer)
        .map((name) => [name, buffer(name)])
    ) as Record<BufferName, ReceiveBuffer>
    this.block = new MemoryBlock(size)
    writeHeader(this.block)
    writeCount(this.block, names.length)
    for (const [index, name] of names.entries()) this.#writeProperty(name, index)
    this.#blank = this.block.bytes.slice(variantsAt, buffersAt)
    this.#textUnits = names
      .filter(isBuffer)
      .filter((name) => messageProperties[name].vartype === VT_LPWSTR)
      .map((name) => this.buffers[name].at >>> 1)
  }

  /** As it is before a call: a text that is not written stays empty, a length says how much room there is. */
  reset(): void {
    this.block.bytes.set(this.#blank, variantsAt)
    for (const unit of this.#textUnits) this.block.units[unit] = 0
  }

  #writeProperty(name: ReceivedPropertyName, index: number): void {
    const { words } = this.block
    const { exactly, id, vartype } = messageProperties[name]
    const buffer = isBuffer(name) ? this.buffers[name] : null
    const variant = variantsWord + index * wordsPerVariant
    words[idsWord + index] = id
    words[variant] = vartype
    const at = buffer === null ? fixedAt[name] : buffer.at
    if (vartype === VT_VECTOR_UI1) {
      words[variant + valueWord] = buffer === null ? (exactly ?? 0) : buffer.capacity
      this.block.point(variant + elementsWord, at)
    } else if (vartype === VT_CLSID || vartype === VT_LPWSTR) this.block.point(variant + valueWord, at)
    // The companion of a text takes its capacity; that of a vector takes nothing, the vector has a count of its own.
    if (vartype === VT_LPWSTR && buffer !== null) words[buffer.lengthWord] = buffer.capacity
  }
}
