import * as Guid from "@effect-msmq/core/mqrt/Guid"

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
      this.#text = this.#before + Guid.fromBytes(bytes, at) + this.#after
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
