import { type Message, MessageQueue, type Receiver } from "@effect-msmq/core"
import { Duration, Effect, FileSystem, Option, Path, type PlatformError } from "effect"
import { Command, Flag } from "effect/cli"
import { counted } from "../amounts.ts"
import { onBackend } from "../backends.ts"
import { durationFlag } from "../durationFlag.ts"
import { Failed } from "../Failed.ts"
import { fileReason } from "../fileFailure.ts"
import { messageJson, messageText } from "../messageText.ts"
import * as Output from "../Output.ts"
import { atLeastOne } from "../wholeNumbers.ts"
import { queue } from "../queueArgument.ts"

type Received = Message.ReceivedMessage

/** Writes a message somewhere. It has left the command when the effect succeeds. */
type Write = (message: Received) => Effect.Effect<void, Output.OutputClosed | Failed, Output.Output>

/** Returns a function that writes each message into two files of a folder: its body, and its properties as JSON. */
const intoFolder = (folder: string) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const { join } = yield* Path.Path
    const cannot = (error: PlatformError.PlatformError) =>
      new Failed({ message: `cannot write into ${folder}: ${fileReason(error)}. The message is still in its queue` })
    yield* Effect.mapError(files.makeDirectory(folder, { recursive: true }), cannot)
    return (message: Received) =>
      Effect.gen(function* () {
        const name = join(folder, String(message.lookupId))
        yield* files.writeFile(`${name}.body`, message.body)
        yield* files.writeFileString(`${name}.json`, `${JSON.stringify(messageJson(message), null, 2)}\n`)
      }).pipe(Effect.mapError(cannot))
  })

const writers = {
  text: (message: Received) => Output.line(messageText(message)),
  json: (message: Received) => Output.json(messageJson(message)),
  body: (message: Received) => Effect.flatMap(Output.Output, ({ write }) => write(message.body))
}

/**
 * Receives the next message: peeks at it, writes it, and then removes it. An interruption before it is written leaves it in the
 * queue, and one after that comes too late. Returns `false` where there was none in time.
 */
const receiveNext = (receiver: Receiver.Receiver, wait: Duration.Duration, write: Write) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const there = yield* restore(Duration.isZero(wait) ? receiver.pollPeek : receiver.peekWithin(wait))
      if (Option.isNone(there)) return false
      yield* restore(write(there.value))
      const removed = yield* receiver.lookup("receiveCurrent", there.value.lookupId)
      if (Option.isNone(removed)) {
        yield* Output.writeError(`effect-msmq: message ${there.value.messageId} was received by another program, too`)
      }
      return true
    })
  )

export const receive = Command.make(
  "receive",
  {
    queue,
    count: Flag.Int("count").pipe(
      Flag.withAlias("n"),
      atLeastOne,
      Flag.withDescription("Number of messages; 1 by default"),
      Flag.withDefault(1)
    ),
    all: Flag.Boolean("all").pipe(
      Flag.withDescription("All messages, until none is left for as long as --wait says"),
      Flag.withDefault(false)
    ),
    follow: Flag.Boolean("follow").pipe(
      Flag.withDescription("All messages, and those that arrive later, until the command is interrupted"),
      Flag.withDefault(false)
    ),
    wait: durationFlag("wait", "0 seconds", "Time to wait for each message"),
    shared: Flag.Boolean("shared").pipe(
      Flag.withDescription(
        "Lets other programs receive from the queue meanwhile; a message may then be received twice"
      ),
      Flag.withDefault(false)
    ),
    format: Flag.Literals("format", ["text", "json", "body"]).pipe(
      Flag.withDescription(
        "text: all properties and the body; json: one object a line; body: the bytes of the body alone"
      ),
      Flag.withDefault("text")
    ),
    json: Flag.Boolean("json").pipe(Flag.withDescription("The same as --format json"), Flag.withDefault(false)),
    to: Flag.String("to").pipe(
      Flag.withMetavar("FOLDER"),
      Flag.withDescription("Writes each message into two files of a folder: LOOKUPID.body and LOOKUPID.json"),
      Flag.optional
    )
  },
  ({ all, count, follow, format, json, queue, shared, to, wait }) =>
    Effect.gen(function* () {
      const write: Write = Option.isSome(to) ? yield* intoFolder(to.value) : writers[json ? "json" : format]
      const receiver = yield* MessageQueue.openReceiver(queue, { shareMode: shared ? "denyNone" : "denyReceive" })
      const most = all || follow ? Infinity : count
      let received = 0
      while (received < most && (yield* receiveNext(receiver, follow ? Duration.infinity : wait, write))) received++
      if (Option.isSome(to)) yield* Output.line(`${counted(received, "message")} written into ${to.value}`)
      if (received === 0 && !all) return yield* new Failed({ message: `${receiver.queue} has no message` })
      if (received < most && Number.isFinite(most)) {
        yield* Output.writeError(`effect-msmq: ${receiver.queue} had ${counted(received, "message")} only`)
      }
    }).pipe(
      Effect.scoped,
      Effect.catchReason(
        "MsmqError",
        "SharingViolation",
        (_, error) =>
          new Failed({
            message: `${error.message} Another program receives from the queue: --shared receives beside it`
          })
      ),
      onBackend
    )
).pipe(
  Command.withDescription("Receives messages. Each leaves its queue when it has been written."),
  Command.withExamples([
    { command: "effect-msmq receive orders", description: "The next message" },
    { command: "effect-msmq receive orders --follow --json", description: "Every message, as it arrives" },
    { command: "effect-msmq receive DEADLETTER --all --to dead", description: "All dead letters, into a folder" }
  ])
)
