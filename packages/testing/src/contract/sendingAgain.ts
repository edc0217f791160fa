import * as Message from "@effect-msmq/core/Message"
import * as MessageBody from "@effect-msmq/core/MessageBody"
import * as MessageHeaders from "@effect-msmq/core/MessageHeaders"
import * as MessageQueue from "@effect-msmq/core/MessageQueue"
import * as Transaction from "@effect-msmq/core/Transaction"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as assert from "node:assert/strict"
import type { ContractPromise } from "./ContractPromise.ts"
import { promise } from "./ContractPromise.ts"
import { newChannel, newQueue, patternedBytes, queuePrefix } from "./givens.ts"

/** Message whose sender sets every property, but for headers and extension. */
const whole: Message.Message = {
  body: patternedBytes(300),
  bodyType: 0x1011,
  label: "Bestellung ü",
  priority: 6,
  delivery: "recoverable",
  correlationId: patternedBytes(20),
  appSpecific: 0xffffffff,
  responseQueue: "DIRECT=OS:elsewhere\\private$\\answers",
  acknowledge: { positiveArrival: true, positiveReceive: false, negativeArrival: true, negativeReceive: true },
  adminQueue: `DIRECT=TCP:127.0.0.1\\private$\\${queuePrefix}acknowledgments`,
  journaling: { deadLetter: true, journal: false },
  timeToReachQueue: Duration.seconds(100_000),
  timeToBeReceived: Duration.seconds(200_000),
  trace: true
}

const headers = { tenant: "north", empty: "", "with <signs>": "ü & \u0001" }

/** Extensions, with those that hold no headers, and headers with data behind them, as an NServiceBus sender leaves it there. */
const extensions = {
  "no extension": undefined,
  headers: Result.getOrThrow(MessageHeaders.encode(headers)),
  "headers with data behind them": Buffer.concat([
    Result.getOrThrow(MessageHeaders.encode(headers)),
    Buffer.from("\0\0rest")
  ]),
  "an extension of its own": patternedBytes(1000),
  "one byte": Uint8Array.of(0)
}

/** Properties of a message that its sender sets. The time that is left of a limit may be a minute less. */
const sentFields = [
  "bodyType",
  "label",
  "priority",
  "delivery",
  "correlationId",
  "appSpecific",
  "extension",
  "headers",
  "responseQueue",
  "acknowledge",
  "adminQueue",
  "journaling",
  "deadLetterQueue",
  "trace"
] as const satisfies ReadonlyArray<keyof Message.Message>

const timeLimits = ["timeToReachQueue", "timeToBeReceived"] as const

type Received = Message.ReceivedMessage<unknown>

/** Returns what a sender set of a message, in values that `deepEqual` compares. */
const sentOf = (message: Received): object => ({
  body: message.body,
  bodySize: message.bodySize,
  ...Object.fromEntries(sentFields.map((field) => [field, message[field]]))
})

const sameTrip = (second: Received, first: Received, limits: "kept" | "none" = "kept"): void => {
  assert.deepEqual(sentOf(second), sentOf(first))
  for (const field of timeLimits) {
    const [is, was] = [second[field], limits === "kept" ? first[field] : undefined]
    if (was === undefined) {
      assert.equal(is, undefined, field)
    } else {
      const gone = was - (is ?? 0)
      assert.ok(gone >= 0 && gone <= 60_000, `${field}: ${String(is)} of ${was} ms`)
    }
  }
  assert.notEqual(second.messageId, first.messageId)
}

/** Ways to send a received message again. */
const ways = {
  "as it is": (message: Message.ReceivedMessage) => message,
  "as its copy": (message: Message.ReceivedMessage) => Message.copyOf(message),
  "as an object with its fields": (message: Message.ReceivedMessage) => ({ ...message })
}

const Order = Schema.Struct({ id: Schema.Number, name: Schema.String })

const codecs = {
  json: MessageBody.json(Order),
  xml: MessageBody.xml(Order, { root: "Order" })
}

/** Promises about received messages that are sent again. */
export const sendingAgain: ReadonlyArray<ContractPromise> = [
  ...Object.entries(ways).flatMap(([way, again]) =>
    Object.entries(extensions).map(([name, extension]) =>
      promise(
        `a received message with ${name} is sent again ${way}, with everything that its sender set`,
        Effect.gen(function* () {
          const { receiver, sender } = yield* newChannel()
          const deadLetterQueue = yield* newQueue({ transactional: true })
          for (const message of [{ ...whole, deadLetterQueue, extension }, { extension }]) {
            yield* sender.send(message)
            const first = yield* receiver.receive
            yield* sender.send(again(first))
            sameTrip(yield* receiver.receive, first)
          }
        })
      )
    )
  ),
  ...Object.entries(ways).map(([way, again]) =>
    promise(
      `in a transaction a received message is sent again ${way}, with the time limits of the transaction`,
      Effect.gen(function* () {
        const { receiver, sender } = yield* newChannel({ transactional: true })
        const { timeToBeReceived, timeToReachQueue, ...others } = whole
        yield* sender.send(
          { ...others, timeToBeReceived, timeToReachQueue, extension: extensions.headers },
          { transaction: "singleMessage" }
        )
        const first = yield* receiver.receive
        yield* Transaction.run(sender.send(again(first)))
        const second = yield* receiver.receive
        sameTrip(second, first, "none")
        yield* Transaction.run(sender.sendAll([again(first), again(second)]), { timeToBeReceived })
        for (const sent of [yield* receiver.receive, yield* receiver.receive]) {
          const left = sent.timeToBeReceived ?? 0
          assert.ok(left > 100_000_000 && left <= 200_000_000, `${left} ms are left`)
          assert.equal(sent.timeToReachQueue, undefined)
        }
        yield* sender.send(again(first), { transaction: "singleMessage" })
        sameTrip(yield* receiver.receive, first)
      })
    )
  ),
  ...Object.entries(codecs).map(([name, codec]) =>
    promise(
      `a received message with a body in ${name} is sent again with the same body and everything that its sender set`,
      Effect.gen(function* () {
        const queue = yield* newQueue()
        const sender = yield* MessageQueue.openSender(queue, { body: codec })
        const receiver = yield* MessageQueue.openReceiver(queue, { body: codec })
        const { bodyType: _, ...others } = whole
        yield* sender.send({ ...others, headers, body: { id: 7, name: "desk" } })
        const first = yield* receiver.receive
        for (const again of [first, Message.copyOf(first), { ...first }]) {
          yield* sender.send(again)
          sameTrip(yield* receiver.receive, first)
        }
      })
    )
  ),
  promise(
    "a received message goes to a sender with another codec, as what that codec makes of its body",
    Effect.gen(function* () {
      const queue = yield* newQueue()
      const xml = yield* MessageQueue.openSender(queue, { body: codecs.xml })
      const fromXml = yield* MessageQueue.openReceiver(queue, { body: codecs.xml })
      const json = yield* MessageQueue.openSender(queue, { body: codecs.json })
      const fromJson = yield* MessageQueue.openReceiver(queue, { body: codecs.json })
      const body = { id: 7, name: "desk" }
      yield* json.send({ body })
      const { bodyType } = yield* fromJson.peek
      yield* xml.send(yield* fromJson.receive)
      const inXml = yield* fromXml.receive
      assert.deepEqual(inXml.body, body)
      yield* json.send(Message.copyOf(inXml))
      const again = yield* fromJson.receive
      assert.deepEqual([again.body, again.bodyType], [body, bodyType])
    })
  )
]
