// A program over `mqrt.dll`. It prints what it received, or the reason why Message Queuing is not there.
import { MessageQueue } from "@effect-msmq/core"
import { NativeMqrt } from "@effect-msmq/native"
import { Effect } from "effect"

const name = ".\\private$\\orders"

const program = Effect.gen(function* () {
  yield* MessageQueue.create(name)
  const sender = yield* MessageQueue.openSender(name)
  yield* sender.send({ label: "order 1", body: new TextEncoder().encode("one") })
  const receiver = yield* MessageQueue.openReceiver(name)
  const { body, label } = yield* receiver.receive
  yield* MessageQueue.delete(name)
  return [label, new TextDecoder().decode(body)]
}).pipe(
  Effect.scoped,
  Effect.provide(NativeMqrt.layer),
  Effect.catchTag("MsmqError", ({ message, reason }) => Effect.succeed([reason._tag, message]))
)

console.log(JSON.stringify(await Effect.runPromise(program)))
