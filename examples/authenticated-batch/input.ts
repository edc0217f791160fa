/** The bytes of a file, a pipe or standard input, as they arrive. */
import * as NodeStream from "@effect/platform-node/NodeStream"
import type { Stream } from "effect"
import { createReadStream } from "node:fs"
import { BadInput } from "./BadInput.ts"

/** The name that stands for standard input. */
export const standardInput = "-"

const sentences: Readonly<Record<string, (path: string) => string>> = {
  ENOENT: (path) => `no such file: ${path}`,
  EISDIR: (path) => `${path} is a directory: give a file`,
  EACCES: (path) => `no right to read ${path}`
}

const notReadable = (path: string, error: unknown): BadInput => {
  const code = error instanceof Error && "code" in error ? String(error.code) : ""
  const reason = error instanceof Error ? error.message : String(error)
  return new BadInput({ message: sentences[code]?.(path) ?? `cannot read ${path}: ${reason}` })
}

/** Reads a file, or standard input by the name `-`. */
export const read = (path: string): Stream.Stream<Uint8Array, BadInput> =>
  path === standardInput
    ? NodeStream.fromReadable({
        evaluate: () => process.stdin,
        onError: (error) => notReadable("standard input", error),
        closeOnDone: false
      })
    : NodeStream.fromReadable({
        evaluate: () => createReadStream(path),
        onError: (error) => notReadable(path, error)
      })
