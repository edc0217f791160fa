import { QueueManager } from "@effect-msmq/core"
import { Effect, Option, Stream } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { bytes, count } from "../amounts.ts"
import { onBackend } from "../backends.ts"
import { deadLetterQueues, sumUp } from "../deadLetters.ts"
import * as Output from "../Output.ts"
import { shortName } from "../shortName.ts"
import { type Column, tableOf } from "../table.ts"
import { visible } from "../visible.ts"

/** Row of the list. */
interface Row {
  readonly name: string
  readonly kind: "transactional" | "plain" | "unknown"
  /** Number of messages; `null` where this user may not look. */
  readonly messages: number | null
  readonly bytes: number | null
  readonly journal: number
  readonly subqueues: ReadonlyArray<string>
  readonly state: string
}

const kindOf = (transactional: boolean | undefined): Row["kind"] =>
  transactional === undefined ? "unknown" : transactional ? "transactional" : "plain"

const rowOf = (queue: QueueManager.ListedQueue): Row => ({
  name: queue.name,
  kind: kindOf(queue.transactional),
  messages: queue.messageCount,
  bytes: queue.bytesInQueue,
  journal: queue.journalMessageCount,
  subqueues: queue.subqueues,
  state: queue.state
})

/** Counts the dead letters. */
const deadLetters = Effect.forEach(deadLetterQueues, (queue) =>
  sumUp(queue, { messages: 0, bytes: 0 }, Infinity, (sum, { bodySize }) => ({
    messages: sum.messages + 1,
    bytes: sum.bytes + bodySize
  })).pipe(
    Effect.map((sum): Pick<Row, "messages" | "bytes"> => sum),
    // Only administrators may look by default.
    Effect.catchReason("MsmqError", "AccessDenied", () => Effect.succeed({ messages: null, bytes: null })),
    Effect.map((sum): Row => ({
      name: queue.name,
      kind: kindOf(queue.transactional),
      ...sum,
      journal: 0,
      subqueues: [],
      state: sum.messages === null ? "no right to look" : ""
    }))
  )
)

const columns: ReadonlyArray<Column<Row>> = [
  { title: "QUEUE", shrinks: true, text: ({ name }) => shortName(name) },
  { title: "KIND", text: ({ kind }) => kind },
  { title: "MESSAGES", align: "right", text: ({ messages }) => (messages === null ? "?" : count(messages)) },
  { title: "SIZE", align: "right", optional: true, text: (row) => (row.bytes === null ? "?" : bytes(row.bytes)) },
  { title: "JOURNAL", align: "right", optional: true, text: ({ journal }) => (journal === 0 ? "" : count(journal)) },
  { title: "SUBQUEUES", optional: true, text: ({ subqueues }) => visible(subqueues.join(" ")) },
  { title: "STATE", optional: true, text: ({ state }) => state.toLowerCase() }
]

export const queues = Command.make(
  "queues",
  {
    filter: Argument.String("text").pipe(
      Argument.withDescription("Only queues whose names contain this, in any letter case"),
      Argument.optional
    ),
    kind: Flag.Literals("kind", ["private", "public", "outgoing"]).pipe(
      Flag.withDescription(
        "private and public queues of the machine, or outgoing ones, which hold messages for others"
      ),
      Flag.withDefault("private")
    ),
    computer: Flag.String("computer").pipe(
      Flag.withMetavar("NAME"),
      Flag.withDescription("Another machine, whose dead letters cannot be counted from here"),
      Flag.optional
    ),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("One JSON object a line for each queue"),
      Flag.withDefault(false)
    )
  },
  ({ computer, filter, json, kind }) =>
    Effect.gen(function* () {
      const machine = Option.getOrUndefined(computer)
      const part = Option.getOrElse(filter, () => "").toLowerCase()
      const listed = yield* Stream.runCollect(Stream.map(QueueManager.queues({ kind, computer: machine }), rowOf))
      const dead = kind === "private" && machine === undefined ? yield* deadLetters : []
      const rows = [...listed, ...dead].filter(({ name }) => name.toLowerCase().includes(part))
      if (json) return yield* Effect.forEach(rows, Output.json, { discard: true })
      const { columns: width } = yield* Output.Output
      yield* Output.line(tableOf(columns, rows, yield* width))
    }).pipe(onBackend)
).pipe(
  Command.withDescription("Lists queues with their messages, sizes, journals and subqueues, and the dead letters."),
  Command.withExamples([
    { command: "effect-msmq queues", description: "The private queues of this machine" },
    { command: "effect-msmq queues order --json", description: "Those with order in their names, as JSON" },
    { command: "effect-msmq queues --kind outgoing", description: "Messages that wait for other machines" }
  ])
)
