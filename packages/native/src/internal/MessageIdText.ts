import { RepeatedGuid } from "./RepeatedGuid.ts"

/** Writes the 20 bytes of `PROPID_M_MSGID` and `PROPID_M_XACTID` as they are usually written: `{guid}\number`. */
export class MessageIdText {
  readonly #machine = new RepeatedGuid("{", "}\\")

  /** `at`: in bytes, a multiple of 4. */
  of(bytes: Uint8Array, words: Uint32Array, at: number): string {
    return `${this.#machine.text(bytes, words, at)}${words[(at >>> 2) + 4] ?? 0}`
  }
}
