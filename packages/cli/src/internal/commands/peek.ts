import { MessageQueue } from "@effect-msmq/core"
import { Effect, Stream } from "effect"
import { Command, Flag } from "effect/cli"
import { bytes, count, time } from "../amounts.ts"
import { onBackend } from "../backends.ts"
import { bodyLine, messageJson, messageText } from "../messageText.ts"
import * as Output from "../Output.ts"
import { atLeastOne } from "../wholeNumbers.ts"
import { queue } from "../queueArgument.ts"
import { type Column, tableOf } from "../table.ts"
import { visible } from "../visible.ts"
import type { Message } from "@effect-msmq/core"

const columns: ReadonlyArray<Column<Message.ReceivedMessage>> = [
  { title: "LOOKUP ID", align: "right", text: ({ lookupId }) => String(lookupId) },
  { title: "ARRIVED", optional: true, text: ({ arrivedTime }) => time(arrivedTime) },
  { title: "PRIORITY", align: "right", optional: true, text: ({ priority }) => String(priority) },
  { title: "SIZE", align: "right", optional: true, text: ({ bodySize }) => bytes(bodySize) },
  { title: "LABEL", text: ({ label }) => visible(label) },
  { title: "BODY", shrinks: true, text: bodyLine }
]

export const peek = Command.make(
  "peek",
  {
    queue,
    count: Flag.Int("count").pipe(
      Flag.withAlias("n"),
      atLeastOne,
      Flag.withDescription("Number of messages at most; 20 by default"),
      Flag.withDefault(20)
    ),
    all: Flag.Boolean("all").pipe(Flag.withDescription("All messages"), Flag.withDefault(false)),
    label: Flag.String("label").pipe(
      Flag.withMetavar("TEXT"),
      Flag.withDescription("Only messages whose labels contain this"),
      Flag.withDefault("")
    ),
    full: Flag.Boolean("full").pipe(
      Flag.withDescription("Each message with all that it has, and its whole body"),
      Flag.withDefault(false)
    ),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("One JSON object a line for each message"),
      Flag.withDefault(false)
    )
  },
  ({ all, count: most, full, json, label, queue }) =>
    Effect.gen(function* () {
      const receiver = yield* MessageQueue.openReceiver(queue, { access: "peek" })
      const messages = receiver.browse.pipe(
        Stream.filter((message) => message.label.includes(label)),
        (stream) => (all ? stream : Stream.take(stream, most))
      )
      if (json) return yield* Stream.runForEach(messages, (message) => Output.json(messageJson(message)))
      if (full) return yield* Stream.runForEach(messages, (message) => Output.line(messageText(message)))
      const rows = yield* Stream.runCollect(messages)
      const { columns: width } = yield* Output.Output
      yield* Output.line(tableOf(columns, rows, yield* width))
      if (!all && rows.length === most)
        yield* Output.writeError(`the first ${count(most)}; --count or --all shows more`)
    }).pipe(Effect.scoped, onBackend)
).pipe(
  Command.withDescription("Shows messages, and leaves them in their queue."),
  Command.withExamples([
    { command: "effect-msmq peek orders", description: "The first messages of a private queue of this machine" },
    {
      command: "effect-msmq peek 'orders;poison' --full",
      description: "The messages of a subqueue, with their bodies"
    },
    { command: "effect-msmq peek DEADXACT --all --json", description: "All transactional dead letters, as JSON" }
  ])
)
