/** Standard output and standard error of a command. */
import { Context, Data, Effect, Layer } from "effect"
import { styleText } from "node:util"
import { Failed } from "./Failed.ts"

/** Failure to write to standard output. A reader that has gone, as after `| head`, ends the command without a word. */
export class OutputClosed extends Data.TaggedError("OutputClosed")<{ readonly reason: Failed }> {}

/** Exit code of a program that a broken pipe ends: 128 and the number of `SIGPIPE`. */
const brokenPipe = 141

const closed = (error: Error & { readonly code?: string }): OutputClosed =>
  new OutputClosed({
    reason:
      error.code === "EPIPE"
        ? new Failed({ message: "", exitCode: brokenPipe })
        : new Failed({ message: `cannot write to standard output: ${error.message}` })
  })

/** Style of a text, as `styleText` of Node has it. */
export type Style = "green" | "red" | "bold" | "dim"

/** Place that a command writes to. */
export class Output extends Context.Service<
  Output,
  {
    /** Writes to standard output, and waits until the system has the text. */
    readonly write: (text: string | Uint8Array) => Effect.Effect<void, OutputClosed>
    /** Writes to standard error. */
    readonly writeError: (text: string) => Effect.Effect<void>
    /** Columns of the terminal; `Infinity` where standard output is none. */
    readonly columns: Effect.Effect<number>
    /** Shows a line on a terminal until the next one, at once. An empty one removes it. Elsewhere nothing is shown. */
    readonly progress: (text: string) => void
    /** Styles a text where standard output shows colours, by `NO_COLOR`, `FORCE_COLOR` and the terminal. */
    readonly style: (style: Style, text: string) => string
  }
>()("@effect-msmq/cli/Output") {}

const live: Output["Service"] = {
  write: (text) =>
    Effect.callback((resume) => {
      process.stdout.write(text, (error) => resume(error ? Effect.fail(closed(error)) : Effect.void))
    }),
  writeError: (text) => Effect.sync(() => void process.stderr.write(text)),
  columns: Effect.sync(() => (process.stdout.isTTY ? process.stdout.columns || 80 : Infinity)),
  progress: (text) => {
    if (process.stderr.isTTY && process.env["TERM"] !== "dumb") process.stderr.write(`\r\u001B[K${text}`)
  },
  style: (style, text) => styleText(style, text, { stream: process.stdout })
}

/** Layer over the process. Without the listener an error of standard output would end the process with a stack. */
export const layer: Layer.Layer<Output> = Layer.effect(
  Output,
  Effect.as(
    Effect.acquireRelease(
      Effect.sync(() => {
        const ignore = () => {}
        process.stdout.on("error", ignore)
        return ignore
      }),
      (ignore) => Effect.sync(() => process.stdout.off("error", ignore))
    ),
    live
  )
)

/** Writes a line to standard output. */
export const line = (text: string): Effect.Effect<void, OutputClosed, Output> =>
  Effect.flatMap(Output, ({ write }) => write(`${text}\n`))

/** Writes a value as one line of JSON. */
export const json = (value: unknown): Effect.Effect<void, OutputClosed, Output> => line(JSON.stringify(value))

/** Writes a line to standard error. */
export const writeError = (text: string): Effect.Effect<void, never, Output> =>
  Effect.flatMap(Output, ({ writeError }) => writeError(`${text}\n`))
