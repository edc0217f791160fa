import { messagePropertyName } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { layout } from "./layout.ts"
import type { MemoryBlock } from "./MemoryBlock.ts"

/** Most properties of a call, and more than there are: 69 are known. */
const capacity = 72

const { MQPROPS, MQPROPVARIANT } = layout
const align = (offset: number): number => (offset + 7) & ~7

/** Offsets of the arrays in a block, in bytes, behind the `MQMSGPROPS` with which it begins. */
const idsAt = align(MQPROPS.size)
export const variantsAt = align(idsAt + capacity * 4)
const statusesAt = variantsAt + capacity * MQPROPVARIANT.size
/** Offset from which on the block is free for values, in bytes. */
export const valuesAt = align(statusesAt + capacity * 4)

/** Offsets of the arrays in 32-bit words, in which they are written. */
export const idsWord = idsAt / 4
export const variantsWord = variantsAt / 4
const statusesWord = statusesAt / 4
export const wordsPerVariant = MQPROPVARIANT.size / 4
export const valueWord = MQPROPVARIANT.value / 4
export const elementsWord = MQPROPVARIANT.elements / 4

/** Writes the pointers of `MQMSGPROPS`, which are the same for the life of the block. */
export const writeHeader = (block: MemoryBlock): void => {
  block.point(MQPROPS.aPropID / 4, idsAt)
  block.point(MQPROPS.aPropVar / 4, variantsAt)
  block.point(MQPROPS.aStatus / 4, statusesAt)
}

/** Writes the number of properties of the call. */
export const writeCount = (block: MemoryBlock, count: number): void => {
  block.words[MQPROPS.cProp / 4] = count
}

/** Clears the statuses of the first properties. */
export const clearStatuses = (block: MemoryBlock, count: number): void => {
  for (let index = 0; index < count; index++) block.words[statusesWord + index] = 0
}

/** Returns the properties that were refused, with their statuses. A status that is information is no refusal. */
export const refusedProperties = (
  block: MemoryBlock,
  count: number
): ReadonlyArray<{ readonly property: string; readonly status: number }> => {
  const refused: Array<{ readonly property: string; readonly status: number }> = []
  for (let index = 0; index < count; index++) {
    const status = block.words[statusesWord + index] ?? 0
    if (status >= 0x80000000) refused.push({ property: messagePropertyName(block.words[idsWord + index] ?? 0), status })
  }
  return refused
}
