import * as Guid from "@effect-msmq/core/mqrt/Guid"

/** Reads GUIDs that mostly repeat the one before, as that of the machine that messages come from. Its text is made once. */
export class RepeatedGuid {
  readonly #before: string
  readonly #after: string
  #first = -1
  #second = 0
  #third = 0
  #fourth = 0
  #text = ""

  constructor(before: string, after: string) {
    this.#before = before
    this.#after = after
  }

  /** Returns the text of the GUID. `at`: the index of its first byte, a multiple of 4. */
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
