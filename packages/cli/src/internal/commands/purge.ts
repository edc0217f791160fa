import { MessageQueue, QueueManager } from "@effect-msmq/core"
import { Effect, Stdio } from "effect"
import { Command, Flag, Prompt } from "effect/cli"
import { counted } from "../amounts.ts"
import { onBackend } from "../backends.ts"
import { Failed, WrongUse } from "../Failed.ts"
import * as Output from "../Output.ts"
import { queue } from "../queueArgument.ts"

export const purge = Command.make(
  "purge",
  {
    queue,
    yes: Flag.Boolean("yes").pipe(Flag.withAlias("y"), Flag.withDescription("Does not ask"), Flag.withDefault(false)),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("One JSON object: queue, messages, the number before the purge"),
      Flag.withDefault(false)
    )
  },
  ({ json, queue, yes }) =>
    Effect.gen(function* () {
      // Message Queuing does not count the messages of every queue.
      const messages = yield* Effect.catchTag(QueueManager.messageCount(queue), "MsmqError", (error) =>
        error.reason._tag === "QueueNotFound" ? Effect.fail(error) : Effect.succeed(null)
      )
      const what = messages === null ? "all messages" : counted(messages, "message")
      if (!yes) {
        const { stdinIsTerminal } = yield* Stdio.Stdio
        if (!(yield* stdinIsTerminal)) {
          return yield* new WrongUse(
            `${what} of ${queue} would be removed for ever: --yes confirms it where nobody can be asked`
          )
        }
        const confirmed = yield* Prompt.run(Prompt.Confirm({ message: `Remove ${what} of ${queue} for ever?` }))
        if (!confirmed) return yield* new Failed({ message: "nothing was removed" })
      }
      yield* MessageQueue.purge(queue)
      yield* json ? Output.json({ queue, messages }) : Output.line(`${what} removed from ${queue}`)
    }).pipe(onBackend)
).pipe(
  Command.withDescription("Removes all messages of a queue, after a question. They go to no journal."),
  Command.withExamples([
    { command: "effect-msmq purge orders", description: "Asks first" },
    { command: "effect-msmq purge 'orders;poison' --yes", description: "Does not ask, as in a script" }
  ])
)
