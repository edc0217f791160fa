/** Sends on the double that take long, and so run off the main thread. */
import { MessageQueue, Mqrt } from "@effect-msmq/core"
import { NativeMqrt } from "@effect-msmq/native"
import { assert } from "@effect/vitest"
import { Effect, Scope, Stream } from "effect"
import { control, files } from "../theDouble.ts"

export const layer = NativeMqrt.layerWith(files)

export const orders = ".\\private$\\orders"

/** Labels of all messages in the queue, in order. */
export const labels = Effect.gen(function* () {
  const receiver = yield* MessageQueue.openReceiver(orders)
  return yield* Stream.runCollect(receiver.browse)
}).pipe(
  Effect.map((messages) => messages.map(({ label }) => label)),
  Effect.scoped
)

/** Waits until the double has been called so often. */
export const called = (name: string, times: number): Effect.Effect<void> =>
  Effect.suspend(() =>
    control.callCount(name) >= times ? Effect.void : Effect.andThen(Effect.sleep(1), called(name, times))
  )

export const named = (count: number, prefix = "") =>
  Array.from({ length: count }, (_, index) => ({ label: `${prefix}${index}` }))

export const namesOf = (messages: ReadonlyArray<{ readonly label: string }>) => messages.map(({ label }) => label)

export const onDouble = <A, E>(effect: Effect.Effect<A, E, Mqrt.Mqrt | Scope.Scope>): Effect.Effect<A, unknown> =>
  Effect.scoped(effect).pipe(
    Effect.provide(layer, { local: true }),
    Effect.tap(() =>
      Effect.sync(() => {
        const { counts, violations } = control.ledger()
        assert.deepStrictEqual(violations, [])
        assert.deepStrictEqual(
          Object.entries(counts).filter(([, { open }]) => open !== 0),
          []
        )
      })
    )
  )

/** A queue and a sender to it whose sends are slow, off the main thread from the next one on. */
export const slowSender = Effect.gen(function* () {
  yield* MessageQueue.create(orders)
  const sender = yield* MessageQueue.openSender(orders)
  control.setDelay("MQSendMessage", 5)
  yield* sender.send({ label: "slow" })
  return sender
})

/** Holds the sends that begin from now on, until a test lets them go. */
export const hold = () => control.hold("MQSendMessage")

export const letGo = () => control.letGo("MQSendMessage")
