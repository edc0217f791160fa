import type { MemoryBlock } from "./MemoryBlock.ts"

/** Writes a text and the NUL that ends it. Its UTF-16 units stay as they are, lone surrogates too. */
export const writeText = (units: Uint16Array, unit: number, text: string): void => {
  const { length } = text
  for (let index = 0; index < length; index++) units[unit + index] = text.charCodeAt(index)
  units[unit + length] = 0
}

/** Longest text that is remembered: names repeat, long texts do not. */
const longestRemembered = 250

/** Longest text that is made of its units: a longer one takes less time from the buffer, which is a call out of JavaScript. */
const longestOfUnits = 16

const unitAt = (units: Uint16Array, index: number): number => units[index] ?? 0

/** Makes a text of a few units, four at a time. */
const ofUnits = (units: Uint16Array, unit: number, length: number): string => {
  const end = unit + length
  let text = ""
  let at = unit
  for (; at + 4 <= end; at += 4) {
    text += String.fromCharCode(unitAt(units, at), unitAt(units, at + 1), unitAt(units, at + 2), unitAt(units, at + 3))
  }
  for (; at < end; at++) text += String.fromCharCode(unitAt(units, at))
  return text
}

/** Text at one place, which often is the same again, as names are. A new string is made only for another text. */
export class RepeatedText {
  #text = ""
  /** Units of the text and of the NUL behind it, two in each word. */
  readonly #words = new Uint32Array((longestRemembered + 2) >>> 1)

  /** Reads a text of at most `limit` UTF-16 units, which ends before the first NUL. `at`: in bytes, a multiple of 4. */
  read(block: MemoryBlock, at: number, limit: number): string {
    if (this.#isSame(block, at, limit)) return this.#text
    const { text, units } = block
    const unit = at >>> 1
    let length = 0
    while (length < limit && units[unit + length] !== 0) length++
    const read = length > longestOfUnits ? text.toString("utf16le", at, at + 2 * length) : ofUnits(units, unit, length)
    if (length < limit && length <= longestRemembered) this.#remember(block, at, read)
    return read
  }

  /** Returns `true` where the text that is remembered stands there, with its NUL. */
  #isSame({ units, words }: MemoryBlock, at: number, limit: number): boolean {
    const { length } = this.#text
    if (length >= limit) return false
    const word = at >>> 2
    const whole = (length + 1) >>> 1
    for (let index = 0; index < whole; index++) if (words[word + index] !== this.#words[index]) return false
    return length % 2 === 1 || units[(at >>> 1) + length] === 0
  }

  #remember({ words }: MemoryBlock, at: number, text: string): void {
    this.#text = text
    const word = at >>> 2
    const whole = (text.length + 1) >>> 1
    for (let index = 0; index < whole; index++) this.#words[index] = words[word + index] ?? 0
  }
}
