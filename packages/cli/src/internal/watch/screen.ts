/** The whole terminal, which frames are drawn on. */
import { Effect, type Scope } from "effect"
import { Output, type OutputClosed } from "../Output.ts"

const begin = "\u001B[?1049h\u001B[?25l"
const end = "\u001B[?25h\u001B[?1049l"

/** Takes the terminal, and gives it back with the scope as it was before. Returns the function that draws a frame. */
export const open: Effect.Effect<
  (lines: ReadonlyArray<string>) => Effect.Effect<void, OutputClosed>,
  OutputClosed,
  Output | Scope.Scope
> = Effect.gen(function* () {
  const { write } = yield* Output
  yield* Effect.acquireRelease(write(begin), () => Effect.ignore(write(end)))
  return (lines) => write(`\u001B[H${lines.map((line) => `${line}\u001B[K`).join("\r\n")}\u001B[J`)
})
