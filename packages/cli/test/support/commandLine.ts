/** The command in the process of the test, on a backend in memory that several commands share. */
import { Mqrt } from "@effect-msmq/core/Mqrt"
import { InMemoryMqrt, type MsmqControl } from "@effect-msmq/testing"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Cause, Effect, Exit, Layer, Stdio, Stream, Terminal } from "effect"
import { Backends } from "../../src/internal/backends.ts"
import { Output } from "../../src/internal/Output.ts"
import { runCommand } from "../../src/internal/runCommand.ts"

/** End of a command, and what it printed. */
interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Place that a command is run in. */
export interface Place {
  /** Columns of the terminal; none by default. */
  readonly columns?: number
  /** Styles of texts; none by default. */
  readonly style?: Output["Service"]["style"]
  /** Standard input; nothing by default. */
  readonly stdin?: string | Uint8Array
  /** Terminal whose keys and sizes the command gets; none by default. */
  readonly terminal?: Terminal.Terminal
  /** `true`: the command chooses its backend by its flags; by default it has the service of the test. */
  readonly ownBackend?: boolean
  /** Writes to standard output; by default what is printed is collected. */
  readonly write?: Output["Service"]["write"]
}

const codeOf = (exit: Exit.Exit<void, { readonly exitCode?: number }>): number => {
  if (Exit.isSuccess(exit)) return 0
  const error = Cause.squash(exit.cause) as { readonly exitCode?: number }
  return error.exitCode ?? 1
}

/** Runs commands on the service of the test. */
export const command = (...args: ReadonlyArray<string>) => commandIn({}, ...args)

/** Runs a command in a place of its own. */
export const commandIn = (
  { columns = Infinity, ownBackend = false, stdin = "", style = (_, text) => text, terminal, write }: Place,
  ...args: ReadonlyArray<string>
) =>
  Effect.gen(function* () {
    const mqrt = yield* Mqrt
    const [out, err]: [Array<string>, Array<string>] = [[], []]
    const output = Output.of({
      write: write ?? ((text) => Effect.sync(() => void out.push(Buffer.from(text).toString()))),
      writeError: (text) => Effect.sync(() => void err.push(text)),
      columns: Effect.succeed(columns),
      progress: () => {},
      style
    })
    const backend = () => Layer.succeed(Mqrt, mqrt)
    const stdio = Stdio.layerTest({ stdin: Stream.make(Buffer.from(stdin)) })
    const services = Layer.provideMerge(stdio, NodeServices.layer)
    const ofTest = Effect.provideService(Backends, { native: backend, memory: backend, remote: backend })
    const exit = yield* Effect.exit(
      runCommand(args).pipe(
        ownBackend ? (own) => own : ofTest,
        Effect.provideService(Output, output),
        Effect.provide(
          terminal === undefined ? services : Layer.provideMerge(Layer.succeed(Terminal.Terminal, terminal), services)
        )
      )
    )
    const ended: Ended = { code: codeOf(exit), out: out.join(""), err: err.join("") }
    return ended
  })

/** Layer of the shared service, and of the control over it. */
export const layer: Layer.Layer<Mqrt | MsmqControl.MsmqControl> = InMemoryMqrt.layer

/** Returns the lines of a text, without the last end of line. */
export const linesOf = (text: string): ReadonlyArray<string> => text.replace(/\n$/, "").split("\n")
