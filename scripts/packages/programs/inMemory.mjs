// A program of plain JavaScript that imports the packages: with Effect and with promises, on the MSMQ in memory.
import { MessageQueue, SecurityContext } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import * as Receiver from "@effect-msmq/core/Receiver"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { Effect } from "effect"

const name = ".\\private$\\orders"

const program = Effect.gen(function* () {
  yield* MessageQueue.create(name, { authenticate: true })
  const securityContext = yield* SecurityContext.acquire()
  const sender = yield* MessageQueue.openSender(name)
  yield* sender.sendAll([{ label: "order 1" }, { label: "order 2" }], { securityContext })
  const receiver = yield* MessageQueue.openReceiver(name)
  const first = yield* receiver.receive
  return [receiver instanceof Receiver.Receiver, first.label, first.authenticated]
}).pipe(Effect.scoped)

console.log(JSON.stringify(await program.pipe(Effect.provide(InMemoryMqrt.layer), Effect.runPromise)))

const msmq = await connect(InMemoryMqrt.layer)
await msmq.createQueue(name)
const sender = await msmq.openSender(name)
await sender.send({ label: "order 3", body: new TextEncoder().encode("three") })
const receiver = await msmq.openReceiver(name)
const { body, label } = await receiver.receive()
console.log(JSON.stringify([label, new TextDecoder().decode(body)]))
// Not left to the connection: Bun collects a variable that is not used any more, and then a warning reports the handle.
await receiver.close()
await sender.close()
await msmq.close()
