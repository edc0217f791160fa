// A program of plain JavaScript that uses a gateway over a WebSocket: with Effect and with promises, on the MSMQ in memory.
import { MessageQueue, Transaction } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { MqrtGateway, RemoteMqrt } from "@effect-msmq/remote"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { Effect, Layer, Logger, ManagedRuntime, Redacted } from "effect"

const name = ".\\private$\\orders"
const token = Redacted.make("c0a8a1f0-6f6e-4f0e-8a55")
const policy = {
  clients: [{ name: "program", token, queues: [{ queues: [name], rights: ["send", "receive", "manage"] }] }]
}

const gateway = ManagedRuntime.make(
  MqrtGateway.layer({ policy }).pipe(Layer.provide([InMemoryMqrt.layer, Logger.layer([])]))
)
const url = await gateway.runPromise(MqrtGateway.MqrtGateway.use(({ url }) => Effect.succeed(url)))

const program = Effect.gen(function* () {
  yield* MessageQueue.create(name, { transactional: true })
  const sender = yield* MessageQueue.openSender(name)
  yield* sender.sendAll([{ label: "order 1" }, { label: "order 2" }], { transaction: "singleMessage" })
  const receiver = yield* MessageQueue.openReceiver(name)
  const { label } = yield* Transaction.run(receiver.receive)
  return [label, url.startsWith("ws://127.0.0.1:")]
}).pipe(Effect.scoped)

console.log(JSON.stringify(await program.pipe(Effect.provide(RemoteMqrt.layer({ url, token })), Effect.runPromise)))

const refused = await connect(RemoteMqrt.layer({ url, token: Redacted.make("nobody") })).catch((error) => error.code)
const msmq = await connect(RemoteMqrt.layer({ url, token }))
const receiver = await msmq.openReceiver(name)
const { label } = await receiver.receive()
console.log(JSON.stringify([label, refused]))
await receiver.close()
await msmq.close()
await gateway.dispose()
