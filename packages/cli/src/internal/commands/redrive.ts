import { MessageQueue } from "@effect-msmq/core"
import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { counted } from "../amounts.ts"
import { onBackend } from "../backends.ts"
import { WrongUse } from "../Failed.ts"
import * as Output from "../Output.ts"
import { atLeastOne } from "../wholeNumbers.ts"
import { queue, queueFlag } from "../queueArgument.ts"

/** Returns the queue that messages of a subqueue go back to; `"destinationQueue"` for dead letters; `undefined` where it must be given. */
const originOf = (from: string): string | undefined => {
  if (/;DEAD(LETTER|XACT)$/i.test(from)) return "destinationQueue"
  const at = from.lastIndexOf(";")
  if (at === -1 || /;JOURNAL$/i.test(from)) return undefined
  return from.slice(0, at)
}

/** Returns a name as the program that redrives takes it: the path name of a private queue of this machine. */
const plainName = (name: string): string => name.replace(/^DIRECT=OS:(?=\.\\)/i, "")

export const redrive = Command.make(
  "redrive",
  {
    queue,
    to: queueFlag("to").pipe(
      Flag.withDescription(
        "Queue that the messages go to. By default dead letters go to the queue that they were sent to, and messages of a subqueue to its queue"
      ),
      Flag.optional
    ),
    label: Flag.String("label").pipe(
      Flag.withMetavar("TEXT"),
      Flag.withDescription("Only messages whose labels contain this"),
      Flag.withDefault("")
    ),
    limit: Flag.Int("limit").pipe(atLeastOne, Flag.withDescription("Number of messages at most"), Flag.optional),
    dryRun: Flag.Boolean("dry-run").pipe(Flag.withDescription("Only counts the messages"), Flag.withDefault(false)),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("One JSON object: examined, redriven, skipped"),
      Flag.withDefault(false)
    )
  },
  ({ dryRun, json, label, limit, queue, to }) =>
    Effect.gen(function* () {
      const target = Option.getOrElse(to, () => originOf(queue))
      if (target === undefined) {
        return yield* new WrongUse(
          `--to QUEUE must say where the messages of ${queue} go: only dead letters and messages of a subqueue know where they came from`
        )
      }
      const { progress } = yield* Output.Output
      const report = yield* MessageQueue.redrive(queue, plainName(target), {
        where: (message) => message.label.includes(label),
        limit: Option.getOrUndefined(limit),
        dryRun,
        onProgress: ({ redriven }) => progress(`${counted(redriven, "message")} redriven`)
      }).pipe(Effect.ensuring(Effect.sync(() => progress(""))))
      if (json) return yield* Output.json(report)
      const verb = dryRun ? "would be redriven" : "redriven"
      const skipped = report.skipped === 0 ? "" : `, ${counted(report.skipped, "message")} left`
      yield* Output.line(`${counted(report.redriven, "message")} ${verb}${skipped}`)
    }).pipe(onBackend)
).pipe(
  Command.withDescription("Forwards messages that failed: dead letters, and the messages of a subqueue."),
  Command.withExamples([
    { command: "effect-msmq redrive 'orders;poison' --dry-run", description: "Counts the messages that would go back" },
    { command: "effect-msmq redrive 'orders;poison'", description: "Moves them back into orders" },
    { command: "effect-msmq redrive DEADXACT --label order", description: "Dead letters, each to its destination" }
  ])
)
