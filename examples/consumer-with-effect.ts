/**
 * Service that handles orders until a signal stops it, with Effect. Then it finishes the order that it handles, receives no further one,
 * and exits with code 0.
 *
 *   node consumer-with-effect.ts [MILLISECONDS]
 *
 * MILLISECONDS: time that an order takes, 500 by default. The queue is in memory, so that the program runs on any system; on
 * Windows `NativeMqrt.layer` of @effect-msmq/native takes the place of `InMemoryMqrt.layer`.
 */
import { MessageQueue, QueueManager } from "@effect-msmq/core"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Exit } from "effect"

const orders = ".\\private$\\orders"
const milliseconds = Number(process.argv[2] ?? 500)

const program = Effect.gen(function* () {
  yield* MessageQueue.ensure(orders, { transactional: true })
  yield* Effect.addFinalizer(() =>
    QueueManager.messageCount(orders).pipe(
      Effect.flatMap((count) => Console.log(`stopped, ${count} left`)),
      Effect.ignore
    )
  )
  const sender = yield* MessageQueue.openSender(orders)
  yield* sender.sendAll([{ label: "order 1" }, { label: "order 2" }, { label: "order 3" }], {
    transaction: "singleMessage"
  })
  const receiver = yield* MessageQueue.openReceiver(orders)
  return yield* receiver.consume(
    ({ label }) =>
      Console.log(`handling ${label}`).pipe(
        Effect.andThen(Effect.sleep(milliseconds)),
        Effect.andThen(Console.log(`handled ${label}`))
      ),
    // Handlers that are not done after ten seconds are rolled back.
    { shutdownTimeout: "10 seconds" }
  )
}).pipe(Effect.scoped, Effect.provide(InMemoryMqrt.layer))

// SIGTERM and SIGINT interrupt the program. By default it would then exit with code 130.
NodeRuntime.runMain(program, {
  teardown: (exit, onExit) => onExit(Exit.isSuccess(exit) || Exit.hasInterrupts(exit) ? 0 : 1)
})
