import { messageProperties } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { numbers as vartypes } from "@effect-msmq/core/mqrt/VariantType"
import type { Address } from "./declarations.ts"
import { addressOf } from "./declarations.ts"
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
import { RepeatedText } from "./utf16.ts"

const { VT_CLSID, VT_LPWSTR, "VT_VECTOR|VT_UI1": VT_VECTOR_UI1 } = vartypes

const isBuffer = (name: string): name is BufferName => name in usualCapacities

const record = <Value>(of: (name: ReceivedPropertyName) => Value): Readonly<Record<ReceivedPropertyName, Value>> =>
  Object.fromEntries(receivedProperties.map((name) => [name, of(name)])) as Record<ReceivedPropertyName, Value>

let free = valuesAt
const place = (size: number): number => {
  const at = free
  free += (size + 7) & ~7
  return at
}
/** Offsets of the values of fixed size, in bytes; 0 for other values. */
export const fixedAt = record((name) => {
  const { exactly, vartype } = messageProperties[name]
  return exactly !== null ? place(exactly) : vartype === VT_CLSID ? place(layout.GUID.size) : 0
})
/** Place that stands for the value of a property that is not asked for. It is always 0. */
const absentAt = place(8)
const buffersAt = free

/** Room of each buffer: in bytes, or in UTF-16 units for a text. */
export type Capacities = Readonly<Record<BufferName, number>>

/** Buffer of a property of no fixed size. It has no room where the property is not asked for. */
export interface ReceiveBuffer {
  readonly name: BufferName
  /** Offset in the block, in bytes. */
  readonly at: number
  readonly capacity: number
  /** Word of the companion. */
  readonly lengthWord: number
  readonly text: RepeatedText
}

/** Memory of a receive with buffers of given capacities, laid out once and put back before each call. */
export class ReceiveMemory {
  readonly block: MemoryBlock
  /** Address of the block. */
  readonly address: Address
  readonly buffers: Readonly<Record<BufferName, ReceiveBuffer>>
  /** Words with the values of the properties: the count of a vector, the pointer of a text. */
  readonly valueWords: Readonly<Record<ReceivedPropertyName, number>>
  /** Variants, statuses and values of fixed size as they are before a call. */
  readonly #blank: Uint8Array
  readonly #textUnits: ReadonlyArray<number>

  constructor(names: ReadonlyArray<ReceivedPropertyName>, capacities: Capacities) {
    this.valueWords = record((name) => {
      const index = names.indexOf(name)
      return index < 0 ? absentAt >>> 2 : variantsWord + index * wordsPerVariant + valueWord
    })
    let size = buffersAt
    const buffer = (name: BufferName): ReceiveBuffer => {
      const at = size
      const capacity = names.includes(name) ? capacities[name] : 0
      size += (capacity * (messageProperties[name].vartype === VT_LPWSTR ? 2 : 1) + 7) & ~7
      return {
        name,
        at,
        capacity,
        lengthWord: this.valueWords[messageProperties[name].length],
        text: new RepeatedText()
      }
    }
    this.buffers = Object.fromEntries(
      Object.keys(usualCapacities)
        .filter(isBuffer)
        .map((name) => [name, buffer(name)])
    ) as Record<BufferName, ReceiveBuffer>
    this.block = new MemoryBlock(size)
    this.address = addressOf(this.block.address)
    writeHeader(this.block)
    writeCount(this.block, names.length)
    for (const [index, name] of names.entries()) this.#writeProperty(name, index)
    this.#blank = this.block.bytes.slice(variantsAt, buffersAt)
    this.#textUnits = names
      .filter(isBuffer)
      .filter((name) => messageProperties[name].vartype === VT_LPWSTR)
      .map((name) => this.buffers[name].at >>> 1)
  }

  /** Puts the memory back as it is before a call: texts are empty, and companions have the room of their buffers. */
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
    // The companion of a text takes its room. That of a vector takes nothing: the vector has a count of its own.
    if (vartype === VT_LPWSTR && buffer !== null) words[buffer.lengthWord] = buffer.capacity
  }
}
