/** Two hexadecimal digits for each byte. */
const hexadecimal: ReadonlyArray<string> = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"))

/** Places of the bytes that a GUID's text shows, in order: the first three groups are little-endian. */
const mixedEndian: ReadonlyArray<number> = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]

/** Returns the text of a GUID, without braces. `at`: the place of its first byte. */
export const guidText = (bytes: Uint8Array, at: number): string => {
  const digits = mixedEndian.map((place) => hexadecimal[bytes[at + place] ?? 0]).join("")
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`
}

/** Writes the 16 bytes of a GUID that is given without braces, or with them. */
export const writeGuid = (bytes: Uint8Array, at: number, text: string): void => {
  const digits = text.replaceAll(/[^\da-f]/gi, "")
  for (const [index, place] of mixedEndian.entries()) {
    bytes[at + place] = Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16)
  }
}

/**
 * Text of a GUID that is mostly the same one again, such as that of the machine that messages come from. A new text is made
 * only for another GUID.
 */
export class RepeatedGuid {
  readonly #before: string
  readonly #after: string
  #first = -1
  #second = 0
  #third = 0
  #fourth = 0
  #text = ""

  /** `before`, `after`: text that stands around the GUID. */
  constructor(before: string, after: string) {
    this.#before = before
    this.#after = after
  }

  /** Returns the text of the GUID at `at`: in bytes, a multiple of 4. */
  text(bytes: Uint8Array, words: Uint32Array, at: number): string {
    const word = at >>> 2
    const first = words[word] ?? 0
    const second = words[word + 1] ?? 0
    const third = words[word + 2] ?? 0
    const fourth = words[word + 3] ?? 0
    if (first !== this.#first || second !== this.#second || third !== this.#third || fourth !== this.#fourth) {
      this.#first = first
      this.#second = second
      this.#third = third
      this.#fourth = fourth
      this.#text = this.#before + guidText(bytes, at) + this.#after
    }
    return this.#text
  }
}

/** Text of message ids and of transaction ids, `PROPID_M_MSGID` and `PROPID_M_XACTID`: `{guid}\number`. */
export class MessageIdText {
  readonly #machine = new RepeatedGuid("{", "}\\")

  /** Returns the text of the 20 bytes at `at`: in bytes, a multiple of 4. */
  of(bytes: Uint8Array, words: Uint32Array, at: number): string {
    return `${this.#machine.text(bytes, words, at)}${words[(at >>> 2) + 4] ?? 0}`
  }
}
