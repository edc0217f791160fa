import { Data, type PlatformError, Runtime } from "effect"

const sentences: Readonly<Record<string, (path: string) => string>> = {
  ENOENT: (path) => `no such file: ${path}`,
  EISDIR: (path) => `${path} is a directory: give a file`,
  EACCES: (path) => `${path} may not be read by this user`
}

/** Something that the user gave cannot be used: one sentence, no stack. */
export class BadInput extends Data.TaggedError("BadInput")<{ readonly message: string }> {
  override readonly [Runtime.errorReported] = false

  static file(path: string, error: PlatformError.PlatformError): BadInput {
    const { cause } = error.reason
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : ""
    const reason = cause instanceof Error ? cause.message : error.message
    return new BadInput({ message: sentences[code]?.(path) ?? `cannot read ${path}: ${reason}` })
  }
}
