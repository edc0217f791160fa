/**
 * This SDK's side of an exchange of messages with .NET's System.Messaging, whose side is `exchange.ps1`. Both sides send the
 * same messages, and each receives what the other one sent.
 */
import * as ActiveXBody from "@effect-msmq/core/ActiveXBody"
import * as MessageBody from "@effect-msmq/core/MessageBody"
import * as MessageQueue from "@effect-msmq/core/MessageQueue"
import type { ReceivedMessage } from "@effect-msmq/core/Message"
import * as Transaction from "@effect-msmq/core/Transaction"
import * as XmlValue from "@effect-msmq/core/XmlValue"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as assert from "node:assert/strict"

const named = (name: string): string => `.\\private$\\effect-msmq-interop-${name}`

/** The queues, which the other side creates and deletes. */
export const queues = {
  plain: named("plain"),
  transactional: named("transactional"),
  acknowledgments: named("acknowledgments")
} as const

/** A value as one codec writes it. */
interface Sample {
  readonly label: string
  readonly encoded: MessageBody.EncodedBody
  readonly isIn: (message: ReceivedMessage) => boolean
}

const sample = <A>(label: string, codec: MessageBody.MessageBody<A>, value: A): Sample => ({
  label,
  encoded: Result.getOrThrow(codec.encode(value)),
  isIn: (message) => {
    const decoded = Result.getOrThrow(codec.decode(message))
    assert.deepEqual(decoded, value, label)
    return true
  }
})

/** Messages that both sides send to the plain queue, in this order. */
const samples: ReadonlyArray<Sample> = [
  sample("XML string", MessageBody.xml(Schema.String), "Größe <10> & 契約"),
  sample("XML int", MessageBody.xml(XmlValue.Int), -42),
  sample("ActiveX string", ActiveXBody.lpwstr, "Größe <10> & 契約"),
  sample("ActiveX int", ActiveXBody.i4, -42),
  sample("ActiveX double", ActiveXBody.r8, 0.5),
  sample("ActiveX bool", ActiveXBody.bool, true),
  sample("ActiveX bytes", ActiveXBody.byteVector, Uint8Array.of(0, 1, 254, 255))
]

const inTransaction = ["first", "second"].map((label) => ({ label }))

/** A message that is not there is not waited for without an end. */
const patience = "20 seconds"

/** Sends what the other side expects. */
export const send = Effect.gen(function* () {
  const plain = yield* MessageQueue.openSender(queues.plain)
  const acknowledgments = { positiveArrival: true, positiveReceive: true, negativeArrival: true, negativeReceive: true }
  for (const { encoded, label } of samples) yield* plain.send({ ...encoded, label })
  yield* plain.send({
    label: "acknowledged",
    adminQueue: `DIRECT=OS:${queues.acknowledgments}`,
    acknowledge: acknowledgments
  })
  const transactional = yield* MessageQueue.openSender(queues.transactional)
  yield* transactional
    .send({ label: "never" })
    .pipe(Effect.andThen(Effect.fail("aborted")), Transaction.run(), Effect.ignore)
  yield* Transaction.run(transactional.sendAll(inTransaction))
}).pipe(Effect.scoped)

/** Receives what the other side sent, and checks it. */
export const receive = Effect.gen(function* () {
  const plain = yield* MessageQueue.openReceiver(queues.plain)
  for (const { isIn, label } of samples) {
    const message = yield* Effect.timeout(plain.receive, patience)
    assert.equal(message.label, label)
    assert.ok(isIn(message))
  }
  assert.equal((yield* Effect.timeout(plain.receive, patience)).label, "acknowledged")
  assert.equal((yield* plain.poll)._tag, "None", "the plain queue is empty")

  const transactional = yield* MessageQueue.openReceiver(queues.transactional)
  const received = yield* Transaction.run(
    Effect.all([Effect.timeout(transactional.receive, patience), Effect.timeout(transactional.receive, patience)])
  )
  assert.deepEqual(
    received.map(({ firstInTransaction, label, lastInTransaction }) => [label, firstInTransaction, lastInTransaction]),
    [
      ["first", true, false],
      ["second", false, true]
    ]
  )
  assert.equal(new Set(received.map(({ transactionId }) => transactionId)).size, 1, "transactions")
  assert.equal((yield* transactional.poll)._tag, "None", "the transactional queue is empty")
}).pipe(Effect.scoped)

/** Receives the acknowledgments of what this side sent: of its arrival and of its receipt. */
export const acknowledged = Effect.gen(function* () {
  const receiver = yield* MessageQueue.openReceiver(queues.acknowledgments)
  const classes = [
    (yield* Effect.timeout(receiver.receive, patience)).class,
    (yield* Effect.timeout(receiver.receive, patience)).class
  ]
  assert.deepEqual(classes, [0x0002, 0x4000], "the classes of the acknowledgments")
}).pipe(Effect.scoped)
