import { InMemoryMqrt } from "@effect-msmq/testing"
import type * as MqrtContract from "@effect-msmq/testing/MqrtContract"
import { Effect, Layer, Stream } from "effect"
import { Command, Flag } from "effect/cli"
import { counted } from "../amounts.ts"
import { Backends, type Services } from "../backends.ts"
import { Failed, WrongUse } from "../Failed.ts"
import * as Output from "../Output.ts"
import { root } from "../root.ts"

const words: Readonly<Record<MqrtContract.RunResult["outcome"], readonly [word: string, style: Output.Style]>> = {
  kept: ["kept", "green"],
  broken: ["BROKEN", "red"],
  skipped: ["skipped", "dim"]
}

/** Returns a result as a line, and what was different below it. */
const textOf = (
  { detail, name, outcome }: MqrtContract.RunResult,
  style: Output.Output["Service"]["style"]
): string => {
  const [word, color] = words[outcome]
  const line = `${style(color, word.padEnd(7))} ${name}`
  return detail === "" ? line : `${line}\n${detail.replaceAll(/^/gm, "        ")}`
}

/** Layer that each promise has: the Message Queuing of the machine or of a gateway, or one in memory. */
const layerOf = Effect.gen(function* () {
  const choice = yield* root
  const backends = yield* Backends
  const services = yield* Effect.context<Services>()
  return choice.backend === "memory"
    ? InMemoryMqrt.layer
    : Layer.provide(backends[choice.backend](choice), Layer.succeedContext(services))
})

export const contract = Command.make(
  "contract",
  {
    only: Flag.String("only").pipe(
      Flag.withMetavar("TEXT"),
      Flag.withDescription("Only promises whose names contain this"),
      Flag.withDefault("")
    ),
    machineJournal: Flag.Boolean("machine-journal").pipe(
      Flag.withDescription("Tries the promise that leaves copies in the machine's own journal, too"),
      Flag.withDefault(false)
    ),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("One JSON object a line for each promise: name, outcome (kept, broken, skipped), detail"),
      Flag.withDefault(false)
    )
  },
  ({ json, machineJournal, only }) =>
    Effect.gen(function* () {
      const layer = yield* layerOf
      const { missingCapabilities, promises, run, sweep } = yield* Effect.promise(
        () => import("@effect-msmq/testing/MqrtContract")
      )
      const chosen = promises.filter(({ name }) => name.includes(only))
      if (chosen.length === 0) return yield* new WrongUse(`no promise has "${only}" in its name`)
      const missing = yield* Effect.provide(missingCapabilities({ mayFillJournal: machineJournal }), layer)
      const { progress, style, write } = yield* Output.Output
      const numbers = { kept: 0, broken: 0, skipped: 0 }
      const results = run({ layer, missing, promises: chosen }).pipe(
        Stream.runForEach((result) => {
          numbers[result.outcome]++
          progress("")
          const text = json ? JSON.stringify(result) : textOf(result, style)
          const tried = numbers.kept + numbers.broken + numbers.skipped
          return Effect.andThen(
            write(`${text}\n`),
            Effect.sync(() => progress(`${tried} of ${counted(chosen.length, "promise")}`))
          )
        }),
        Effect.ensuring(Effect.sync(() => progress("")))
      )
      // An interruption leaves the queues of the promise that was tried.
      yield* Effect.onInterrupt(results, () => Effect.ignore(Effect.provide(sweep, layer)))
      if (!json) {
        yield* Output.line(`${numbers.kept} kept, ${numbers.broken} broken, ${numbers.skipped} skipped`)
      }
      if (numbers.broken > 0) return yield* new Failed({ message: `${counted(numbers.broken, "promise")} broken` })
    })
).pipe(
  Command.withDescription(
    "Tries the promises that the SDK makes about Message Queuing on this machine, in queues of its own."
  ),
  Command.withExamples([
    { command: "effect-msmq contract", description: "Every promise; it takes about a minute" },
    { command: "effect-msmq contract --only transaction", description: "Those about transactions" }
  ])
)
