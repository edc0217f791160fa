import { Data, Runtime } from "effect"

/** Input of the user that cannot be used, in one sentence and without a stack. */
export class BadInput extends Data.TaggedError("BadInput")<{ readonly message: string }> {
  override readonly [Runtime.errorReported] = false
}
