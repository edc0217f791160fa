/** Callbacks whose promise is rejected, where none is waited for. Vitest fails where a rejection is handled by nobody. */
import { MessageQueue } from "@effect-msmq/core"
import { connect } from "@effect-msmq/core/promises"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Fiber, Layer, Logger, Schedule } from "effect"
import { schedulers } from "../support/schedulers.ts"
import { start } from "../support/settled.ts"

const orders = ".\\private$\\orders"
const broken = new Error("the callback broke")
const order = { label: "order" }

/** Gives a value as a program without types does. */
const untyped = (value: unknown) => value as never

/** A layer that keeps what is logged, as a line with its error each, and a promise of the first lines. */
const logs = (count: number) => {
  const lines: Array<string> = []
  const full = Promise.withResolvers<ReadonlyArray<string>>()
  const logger = Logger.make(({ cause, message }) => {
    const error = Cause.squash(cause)
    lines.push(`${String(message)}: ${error instanceof Error ? error.message : String(error)}`)
    if (lines.length === count) full.resolve(lines)
  })
  return { layer: Layer.merge(InMemoryMqrt.layer, Logger.layer([logger])), lines, first: full.promise }
}

describe.each(schedulers)("a callback of a program in promises that rejects, under %s,", (_, scheduler) => {
  it("as onEvent is logged with its event, and messages are handled", async () => {
    const { first, layer } = logs(2)
    await using msmq = await connect(Layer.merge(layer, scheduler))
    await msmq.createQueue(orders, { transactional: true })
    await using sender = await msmq.openSender(orders)
    await using receiver = await msmq.openReceiver(orders)
    await sender.send(order, { transaction: "singleMessage" })
    const controller = new AbortController()
    const handled: Array<string> = []
    const consuming = receiver
      .consume((message) => Promise.resolve(handled.push(message.label)), {
        onEvent: async () => Promise.reject(broken),
        signal: controller.signal
      })
      .done.catch(() => {})
    assert.deepStrictEqual((await first).slice(0, 2), [
      "onEvent failed for Received: the callback broke",
      "onEvent failed for Handled: the callback broke"
    ])
    controller.abort()
    await consuming
    assert.deepStrictEqual(handled, ["order"])
  })

  it("as onProgress is logged, and the batch goes on", async () => {
    const { first, layer } = logs(2)
    await using msmq = await connect(Layer.merge(layer, scheduler))
    await msmq.createQueue(orders)
    await using sender = await msmq.openSender(orders)
    const messages = Array.from({ length: 300 }, () => order)
    const { accepted } = await sender.sendAll(messages, { onProgress: async () => Promise.reject(broken) })
    assert.strictEqual(accepted, 300)
    assert.deepStrictEqual(await first, [
      "onProgress failed: the callback broke",
      "onProgress failed: the callback broke"
    ])
  })
})

describe.each(schedulers)(
  "a callback of a program in Effect that gives a promise, which rejects, under %s,",
  (_, scheduler) => {
    it.live("as onProgress is logged, and the batch goes on", () => {
      const { first, layer } = logs(1)
      return Effect.gen(function* () {
        yield* MessageQueue.create(orders)
        const sender = yield* MessageQueue.openSender(orders)
        const { accepted } = yield* sender.sendAll([order], { onProgress: async () => Promise.reject(broken) })
        assert.strictEqual(accepted, 1)
        assert.deepStrictEqual(yield* Effect.promise(() => first), ["onProgress failed: the callback broke"])
      }).pipe(Effect.scoped, Effect.provide(Layer.merge(layer, scheduler)))
    })

    it.live("as onEvent is logged as a value that is no Effect, and messages are handled", () => {
      const { layer, lines } = logs(1)
      return Effect.gen(function* () {
        yield* MessageQueue.create(orders, { transactional: true })
        const sender = yield* MessageQueue.openSender(orders)
        const receiver = yield* MessageQueue.openReceiver(orders)
        const handled = yield* Deferred.make<void>()
        const onEvent = untyped(async () => Promise.reject(broken))
        const consumer = yield* start(receiver.consume(() => Deferred.succeed(handled, undefined), { onEvent }))
        yield* sender.send(order, { transaction: "singleMessage" })
        yield* Deferred.await(handled)
        yield* Fiber.interrupt(consumer)
        assert.include(
          lines,
          "onEvent failed for Received: Receiver.consume on .\\private$\\orders: onEvent is a function that returned a " +
            "Promise, but it must be a function that returns an Effect, such as Effect.fn makes of a generator"
        )
      }).pipe(Effect.scoped, Effect.provide(Layer.merge(layer, scheduler)))
    })

    it.live("as the handler of a message is a failure of the handler", () => {
      const { first, layer } = logs(1)
      return Effect.gen(function* () {
        yield* MessageQueue.create(orders, { transactional: true })
        const sender = yield* MessageQueue.openSender(orders)
        const receiver = yield* MessageQueue.openReceiver(orders)
        yield* sender.send(order, { transaction: "singleMessage" })
        const handler: () => Effect.Effect<void> = untyped(async () => Promise.reject(broken))
        const error = yield* Effect.flip(receiver.consume(handler, { retry: Schedule.recurs(0) }))
        assert.include(
          error.message,
          "handler is a function that returned a Promise, but it must be a function that returns"
        )
        assert.deepStrictEqual(yield* Effect.promise(() => first), ["handler failed: the callback broke"])
      }).pipe(Effect.scoped, Effect.provide(Layer.merge(layer, scheduler)))
    })
  }
)
