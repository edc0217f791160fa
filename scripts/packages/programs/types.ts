// A program that compiles, and below it mistakes that the compiler has to refuse.
// @effect-diagnostics missingEffectContext:off
import { MessageBody, MessageQueue, Sender, Transaction } from "@effect-msmq/core"
import type * as QueueProperties from "@effect-msmq/core/mqrt/QueueProperties"
import { connect, Connection } from "@effect-msmq/core/promises"
import * as Receiver from "@effect-msmq/core/Receiver"
import { NativeMqrt } from "@effect-msmq/native"
import { GatewayPolicy, MqrtGateway, RemoteMqrt } from "@effect-msmq/remote"
import { HandleLedger, InMemoryMqrt } from "@effect-msmq/testing"
import { TestMsmq } from "@effect-msmq/testing/promises"
import { Effect, Layer } from "effect"

const name = ".\\private$\\orders"

const labels = Effect.gen(function* () {
  yield* MessageQueue.create(name, { transactional: true })
  const sender = yield* MessageQueue.openSender(name, { transactional: true })
  const report = yield* sender.sendAll([{ label: "order 1" }], { transaction: "singleMessage" })
  const receiver: Receiver.Receiver = yield* MessageQueue.openReceiver(name)
  const { label } = yield* receiver.receive
  const accepted: number = report.accepted
  return [label, accepted] as const
}).pipe(Effect.scoped)

export const inMemory: Promise<readonly [string, number]> = Effect.runPromise(
  Effect.provide(labels, InMemoryMqrt.layer)
)

export const checked: Effect.Effect<void, unknown> = Effect.andThen(labels, HandleLedger.expectNoLeaks).pipe(
  Effect.provide(HandleLedger.layer(InMemoryMqrt.layer))
)

export const onWindows = Effect.provide(labels, NativeMqrt.layer)

export const elsewhere = Effect.provide(labels, RemoteMqrt.layer({ url: "wss://server:8443" }))

export const gateway = MqrtGateway.layer({ policy: GatewayPolicy.unprotected }).pipe(Layer.provide(InMemoryMqrt.layer))

export const policy: GatewayPolicy.GatewayPolicy = {
  // @ts-expect-error -- there is no such right
  clients: [{ name: "program", queues: [{ queues: ["*"], rights: ["recieve"] }] }]
}

export const promises = async (): Promise<string> => {
  await using msmq = await connect(InMemoryMqrt.layer)
  using context = msmq.securityContext()
  await using sender = await msmq.openSender(name, { body: MessageBody.text })
  await sender.send({ body: "text" }, { securityContext: context })
  await using receiver = await msmq.openReceiver(name, { body: MessageBody.text })
  const { body } = await receiver.receive()
  return body
}

export const tested: Promise<number> = TestMsmq.run(async ({ connection, control }) => {
  await connection.createQueue(name)
  const queues = await control.queues()
  return queues.length
})

export const refused = (sender: Sender.Sender, transaction: Transaction.Transaction) => [
  // @ts-expect-error -- a text is no bytes
  sender.send({ body: "text" }),
  // @ts-expect-error -- there is no such property
  sender.send({ lable: "order 1" }),
  // @ts-expect-error -- a sender only sends
  sender.receive,
  // @ts-expect-error -- the service is not provided
  Effect.runPromise(labels),
  // @ts-expect-error -- the layer provides no service
  Effect.runPromise(Effect.provide(labels, Layer.empty)),
  // @ts-expect-error -- a part of the package that is not for programs
  transaction.endWithScope,
  // @ts-expect-error -- MessageQueue.openSender makes a sender
  new Sender.Sender(),
  // @ts-expect-error -- connect makes a connection
  new Connection()
]

// @ts-expect-error -- a part of the package that is not for programs
export type { OwnedHandle } from "@effect-msmq/core/internal/ownership/OwnedHandle"

// @ts-expect-error -- the index has one name
export type { MessageQueue as Again } from "@effect-msmq/core/index"

// @ts-expect-error -- the promise face has one name
export type { Connection as Another } from "@effect-msmq/core/promises/Connection"

/** Records of the seam, for the author of a backend. */
export const label = ({ label }: QueueProperties.QueueProperties): string => label
