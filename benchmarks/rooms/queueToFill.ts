import { type Message, MessageQueue } from "@effect-msmq/core"
import { Effect } from "effect"
import type { Opened } from "../harness/backends.ts"

/** Body of 1 KiB. */
export const body = new Uint8Array(1024).fill(7)

/** Message with all that the figures send. */
interface Outgoing {
  readonly body: Uint8Array
  readonly label: string
  readonly priority: number
}

/** Returns so many messages of 1 KiB with a label each. */
export const outgoing = (count: number): ReadonlyArray<Outgoing> =>
  Array.from({ length: count }, (_, index) => ({ body, label: `order ${index}`, priority: 4 }))

/**
 * Creates a queue and returns its format name, and a function that puts messages into it. `fill` adds them to those that
 * are there.
 */
export const queueToFill = (
  { provide, run }: Opened<unknown>,
  pathName: string,
  messages: ReadonlyArray<Message.Message>,
  { transactional = false }: { readonly transactional?: boolean } = {}
) =>
  Effect.gen(function* () {
    const formatName = yield* provide(MessageQueue.create(pathName, { transactional }))
    const sender = yield* provide(MessageQueue.openSender(pathName))
    const transaction = transactional ? ("singleMessage" as const) : ("none" as const)
    const sendAll = Effect.asVoid(sender.sendAll(messages, { transaction }))
    return { formatName, fill: () => run(sendAll) }
  })
