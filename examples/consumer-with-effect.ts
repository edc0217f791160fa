/**
 * Service that handles orders until a signal stops it, with Effect. Then it finishes the order that it handles, receives no further one,
 * and exits with code 0.
 *
 *   node consumer-with-effect.ts [MILLISECONDS] [--native]
 *
 * MILLISECONDS: time that an order takes, 500 by default.
 */
import { MessageQueue, QueueManager } from "@effect-msmq/core"
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Exit } from "effect"
import { backend } from "./backend.ts"

const orders = ".\\private$\\consumer-orders"
const milliseconds = Number(process.argv.find((argument) => /^\d+$/.test(argument)) ?? 500)

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
}).pipe(Effect.scoped, Effect.provide(backend))

// SIGTERM and SIGINT interrupt the program. By default it would then exit with code 130.
NodeRuntime.runMain(program, {
  teardown: (exit, onExit) => onExit(Exit.isSuccess(exit) || Exit.hasInterrupts(exit) ? 0 : 1)
})
