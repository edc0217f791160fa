import { Data, Runtime } from "effect"

/** Something that the user gave cannot be used: one sentence, no stack. */
export class BadInput extends Data.TaggedError("BadInput")<{ readonly message: string }> {
  override readonly [Runtime.errorReported] = false
}
