/** Calls of the seam for tests: with whole records that have the defaults of Message Queuing, and on a queue with its handles. */
import type {
  LookupAction,
  OutgoingProperties,
  ReceivedProperties,
  ReceiveParameters,
  SendParameters,
  SendOutcome,
  TransactionArgument
} from "@effect-msmq/core/mqrt/MessageProperties"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import type { NewQueueProperties } from "@effect-msmq/core/mqrt/QueueProperties"
import { usualRead } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import { MsmqControl } from "@effect-msmq/testing"
import * as Effect from "effect/Effect"
import { plainMessage, plainQueue, plainReceive, plainSend } from "../../src/contract/plainRecords.ts"

export const path = ".\\private$\\orders"
export const direct = "DIRECT=OS:.\\private$\\orders"
export const machineId = "6d736d71-0000-4000-8000-000000000001"

export const text = (value: string) => new TextEncoder().encode(value)

export const message = (fields: Partial<OutgoingProperties> = {}): OutgoingProperties => ({
  ...plainMessage,
  body: text("body"),
  ...fields
})

export const labelled = (...labels: ReadonlyArray<string>) => labels.map((label) => message({ label }))

export const plain: SendParameters = plainSend

export const receiving = (fields: Partial<ReceiveParameters> = {}): ReceiveParameters => ({
  ...plainReceive,
  ...fields
})

export const queueProperties: NewQueueProperties = { ...plainQueue, pathName: path }

export const create = (fields: Partial<NewQueueProperties> = {}) =>
  Mqrt.Mqrt.use((mqrt) => mqrt.createQueue({ ...queueProperties, ...fields }, null))

export const code = <A, R>(effect: Effect.Effect<A, Mqrt.MqrtFailure, R>) =>
  Effect.map(Effect.flip(effect), (failure) => failure.code)

export const codeOf = (outcome: SendOutcome) => outcome.failure?.code

export { fork, settled, start as waiting } from "../../../core/test/support/settled.ts"

/** Reads the number of messages in the first queue, and the classes of the messages that were dropped. */
export const messages = Effect.map(
  MsmqControl.MsmqControl.use((msmq) => msmq.queues),
  ([queue]) => queue?.messages
)
export const rejectedClasses = Effect.map(
  MsmqControl.MsmqControl.use((msmq) => msmq.rejected),
  (rejections) => rejections.map((rejection) => rejection.class)
)

/** Creates a queue, and opens a handle for sending and one for receiving. */
export const ends = (fields: Partial<NewQueueProperties> = {}) =>
  Effect.gen(function* () {
    const mqrt = yield* Mqrt.Mqrt
    const formatName = yield* create(fields)
    const sender = yield* mqrt.openQueue(direct, "send", "denyNone")
    const receiver = yield* mqrt.openQueue(direct, "receive", "denyNone")
    const receive = (options: Partial<ReceiveParameters> = {}) => mqrt.receiveMessage(receiver, receiving(options))
    return {
      mqrt,
      formatName,
      sender,
      receiver,
      receive,
      send: (messages: ReadonlyArray<OutgoingProperties>, options: Partial<SendParameters> = {}) =>
        mqrt.sendMessages(sender, messages, { ...plain, ...options }),
      poll: receive(),
      peek: receive({ action: "peekCurrent" }),
      label: Effect.map(receive(), (received) => received.label),
      wait: receive({ timeout: null }),
      lookup: (action: LookupAction, lookupId: bigint, transaction: TransactionArgument = "none") =>
        mqrt.receiveMessageByLookupId(receiver, lookupId, action, { transaction, read: usualRead })
    }
  })

/** Receives all messages of a queue. */
export const drained = (formatName: string) =>
  Effect.gen(function* () {
    const mqrt = yield* Mqrt.Mqrt
    const handle = yield* mqrt.openQueue(formatName, "receive", "denyNone")
    const received: Array<ReceivedProperties> = []
    while (true) {
      const next = yield* Effect.option(mqrt.receiveMessage(handle, receiving()))
      if (next._tag === "None") break
      received.push(next.value)
    }
    yield* mqrt.closeQueue(handle)
    return received
  })
