import type { MemoryBlock } from "./MemoryBlock.ts"

/** Writes a text and the NUL that ends it. Its UTF-16 units stay as they are, lone surrogates too. */
export const writeText = (units: Uint16Array, unit: number, text: string): void => {
  const { length } = text
  for (let index = 0; index < length; index++) units[unit + index] = text.charCodeAt(index)
  units[unit + length] = 0
}

/**
 * Reads a text of at most `limit` UTF-16 units, which ends before the first NUL. `last`: the text that was read here
 * before. Where the text is the same again, as most names are, no new string is made.
 */
export const readText = (block: MemoryBlock, unit: number, limit: number, last: string): string => {
  const { units } = block
  const known = last.length <= limit ? last.length : limit
  let index = 0
  while (index < known && units[unit + index] === last.charCodeAt(index)) index++
  if (index === last.length && (index === limit || units[unit + index] === 0)) return last
  let end = 0
  while (end < limit && units[unit + end] !== 0) end++
  return block.text.toString("utf16le", 2 * unit, 2 * (unit + end))
}
