import { Data, type PlatformError, Runtime } from "effect"

/** Something that the user gave cannot be used: one sentence, no stack. */
export class BadInput extends Data.TaggedError("BadInput")<{ readonly message: string }> {
  override readonly [Runtime.errorReported] = false

  static file(path: string, error: PlatformError.PlatformError): BadInput {
    const { _tag, cause } = error.reason
    return new BadInput({
      message:
        _tag === "NotFound"
          ? `no such file: ${path}`
          : `cannot read ${path}: ${cause instanceof Error ? cause.message : error.message}`
    })
  }
}
