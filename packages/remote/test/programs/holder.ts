/** A client that holds what it can: `URL=... node holder.ts`. Says when it does. */
import { MessageQueue, Transaction } from "@effect-msmq/core"
import { RemoteMqrt } from "@effect-msmq/remote"
import { Effect, Scope } from "effect"

const program = Effect.gen(function* () {
  const receiver = yield* MessageQueue.openReceiver(".\\private$\\held", { shareMode: "denyReceive" })
  const waits = yield* MessageQueue.openReceiver(".\\private$\\waited")
  yield* Effect.forkScoped(waits.receive)
  const transaction = yield* Transaction.begin()
  yield* Transaction.within(receiver.receive, transaction)
  process.send?.("held")
  return yield* Effect.never
})

const scope = await Effect.runPromise(Scope.make())
process.on("disconnect", () => process.exit(0))
await Effect.runPromise(
  program.pipe(Scope.provide(scope), Effect.provide(RemoteMqrt.layer({ url: process.env["URL"] ?? "" })))
)
