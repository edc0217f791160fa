/**
 * Opens a context, a sender and a receiver that waits, says so, and then ends as it is told:
 * `node openEverything.ts LIBRARY runMain | throw | exit`.
 */
import { MessageQueue, SecurityContext } from "@effect-msmq/core"
import { NativeMqrt } from "@effect-msmq/native"
import { NodeRuntime } from "@effect/platform-node"
import { Effect } from "effect"

const [library = "", how = ""] = process.argv.slice(2)
const orders = ".\\private$\\orders"

const open = Effect.gen(function* () {
  yield* MessageQueue.create(orders)
  yield* SecurityContext.acquire()
  yield* MessageQueue.openSender(orders)
  const receiver = yield* MessageQueue.openReceiver(orders)
  yield* Effect.forkScoped(receiver.receive, { startImmediately: true })
  yield* Effect.sync(() => process.stdout.write("ready\n"))
})

const program = Effect.andThen(open, Effect.never).pipe(
  Effect.scoped,
  Effect.provide(NativeMqrt.layerWith({ library }))
)

const endings: Readonly<Record<string, () => void>> = {
  runMain: () => NodeRuntime.runMain(program),
  throw: () => {
    Effect.runFork(program)
    setTimeout(() => {
      throw new Error("uncaught")
    }, 100)
  },
  exit: () => {
    Effect.runFork(program)
    setTimeout(() => process.exit(3), 100)
  }
}

const ending = endings[how]
if (ending === undefined) throw new Error(`no such ending: ${how}`)
ending()
