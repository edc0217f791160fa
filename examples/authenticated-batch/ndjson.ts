/** The lines of a file of newline-delimited JSON: their bytes as they stand, and their numbers. */
import { NodeStream } from "@effect/platform-node"
import { Effect, FileSystem, Stream } from "effect"
import { BadInput } from "./BadInput.ts"

export interface Line {
  readonly number: number
  readonly bytes: Uint8Array
}

const lineFeed = 0x0a
const carriageReturn = 0x0d

const source = (path: string): Stream.Stream<Uint8Array, BadInput, FileSystem.FileSystem> =>
  path === "-"
    ? NodeStream.fromReadable({
        evaluate: () => process.stdin,
        onError: (error) => new BadInput({ message: `cannot read standard input: ${String(error)}` }),
        closeOnDone: false
      })
    : Stream.unwrap(Effect.map(FileSystem.FileSystem, (fs) => fs.stream(path))).pipe(
        Stream.mapError((error) => BadInput.file(path, error))
      )

/** Cuts at line feeds; a carriage return before one belongs to the line's end. */
const lines = <E, R>(chunks: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Line, E, R> =>
  chunks.pipe(
    Stream.mapAccum(
      (): { readonly rest: ReadonlyArray<Uint8Array>; readonly number: number } => ({ rest: [], number: 1 }),
      (state, chunk) => {
        const found: Array<Line> = []
        let { number, rest } = state
        let begin = 0
        for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, begin)) {
          found.push({ number: number++, bytes: Buffer.concat([...rest, chunk.subarray(begin, end)]) })
          rest = []
          begin = end + 1
        }
        return [{ rest: begin < chunk.length ? [...rest, chunk.slice(begin)] : rest, number }, found] as const
      },
      { onHalt: ({ number, rest }) => (rest.length > 0 ? [{ number, bytes: Buffer.concat(rest) }] : []) }
    ),
    Stream.map(({ bytes, number }) => ({
      number,
      bytes: bytes.at(-1) === carriageReturn ? bytes.subarray(0, -1) : bytes
    }))
  )

const utf8 = new TextDecoder("utf-8", { fatal: true })

const checkJson = (line: Line): Effect.Effect<Line, BadInput> =>
  Effect.try({
    try: () => {
      JSON.parse(utf8.decode(line.bytes))
      return line
    },
    catch: (error) =>
      new BadInput({
        // What the parser calls line 1 is this line.
        message: `line ${line.number} is not JSON: ${(error as Error).message.replace(/ \(line 1 column \d+\)$/, "")}`
      })
  })

/** Every line that is not blank, checked to be JSON. Fails with one sentence that names the line. */
export const read = (path: string): Stream.Stream<Line, BadInput, FileSystem.FileSystem> =>
  lines(source(path)).pipe(
    Stream.filter(({ bytes }) => bytes.some((byte) => byte > 0x20)),
    Stream.mapArrayEffect((lines) => Effect.forEach(lines, checkJson))
  )
