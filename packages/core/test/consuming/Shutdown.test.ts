/** A consumer that is stopped lets its handlers finish, and leaves nothing half done. */
import { Consumer, MessageQueue, Mqrt, MsmqError } from "@effect-msmq/core"
import { HandleLedger } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Scope } from "effect"
import {
  consuming,
  eventLog,
  failing,
  gate,
  labelsIn,
  leakFree,
  never,
  orders,
  queues,
  reasonOf,
  retries,
  send
} from "../support/consuming.ts"
import { elapse, start } from "../support/settled.ts"

describe("shutting down", () => {
  /** Starts a consumer whose receiver and whose backend can be closed separately. */
  const running = Effect.fnUntraced(function* (
    handler: (message: { readonly label: string }) => Effect.Effect<unknown, unknown>,
    policy: Consumer.ConsumePolicy = {}
  ) {
    yield* queues()
    yield* send(orders, "1", "2", "3")
    const layer = yield* Scope.make()
    const mqrt = yield* Scope.provide(Effect.flatMap(Mqrt.Mqrt, Mqrt.make), layer)
    const scope = yield* Scope.make()
    const receiver = yield* MessageQueue.openReceiver(orders).pipe(
      Scope.provide(scope),
      Effect.provideService(Mqrt.Mqrt, mqrt)
    )
    const consumer = yield* consuming(receiver, handler, policy)
    return { consumer, receiver, close: Scope.close(scope, Exit.void), closeLayer: Scope.close(layer, Exit.void) }
  })
  type Running = Effect.Success<ReturnType<typeof running>>

  const stops: Record<string, (running: Running) => Effect.Effect<void>> = {
    "interrupting it": ({ consumer }) => Effect.asVoid(Fiber.interrupt(consumer)),
    "closing its receiver": ({ close }) => close,
    "closing the layer": ({ closeLayer }) => closeLayer
  }

  const endOf = (exit: Exit.Exit<never, MsmqError.MsmqError>) =>
    Exit.hasInterrupts(exit) ? "interrupted" : reasonOf(exit)._tag

  for (const [how, stop] of Object.entries(stops)) {
    const end = how === "interrupting it" ? "interrupted" : "Released"

    it.effect(`by ${how} receives no further message, and lets running handlers finish and commit`, () =>
      leakFree(
        Effect.gen(function* () {
          const { begun, handle, open } = gate()
          const program = yield* running(handle, { concurrency: 2 })
          yield* elapse(0)
          const stopped = yield* start(stop(program))
          yield* elapse("10 seconds")
          assert.isUndefined(stopped.pollUnsafe())
          assert.deepStrictEqual(yield* labelsIn(orders), ["3"])
          yield* open
          yield* Fiber.join(stopped)
          assert.deepStrictEqual([begun, yield* labelsIn(orders)], [["1", "2"], ["3"]])
          assert.strictEqual(endOf(yield* Fiber.await(program.consumer)), end)
          assert.strictEqual((yield* HandleLedger.counts).transaction.open, 0)
          yield* program.closeLayer
        })
      )
    )

    it.effect(`by ${how} interrupts a handler after shutdownTimeout, and its message is back in the queue`, () =>
      leakFree(
        Effect.gen(function* () {
          const { handle } = gate()
          const { events, onEvent } = eventLog()
          const program = yield* running(handle, { shutdownTimeout: "5 seconds", onEvent })
          const stopped = yield* start(stop(program))
          yield* elapse("4999 millis")
          assert.deepStrictEqual(yield* labelsIn(orders), ["2", "3"])
          yield* elapse("1 millis")
          yield* Fiber.join(stopped)
          assert.deepStrictEqual(yield* labelsIn(orders), ["1", "2", "3"])
          assert.deepStrictEqual(events, ["Received 1", "Returned 1"])
          assert.strictEqual(endOf(yield* Fiber.await(program.consumer)), end)
          yield* program.closeLayer
        })
      )
    )

    it.effect(`by ${how} ends a wait at once`, () =>
      leakFree(
        Effect.gen(function* () {
          const program = yield* running(() => Effect.void, { concurrency: 3 })
          yield* elapse(0)
          assert.deepStrictEqual(yield* labelsIn(orders), [])
          yield* stop(program)
          assert.strictEqual(endOf(yield* Fiber.await(program.consumer)), end)
          yield* send(orders, "4")
          assert.deepStrictEqual(yield* labelsIn(orders), ["4"])
          yield* program.closeLayer
        })
      )
    )
  }

  it.effect("leaves a message whose handler fails meanwhile in the queue, and does not retry it", () =>
    leakFree(
      Effect.gen(function* () {
        const { handle, open } = gate()
        const handler = ({ label }: { readonly label: string }) => Effect.andThen(handle({ label }), Effect.fail("no"))
        const program = yield* running(handler, { retry: never, poison: { subqueue: "poison" } })
        const stopped = yield* start(Fiber.interrupt(program.consumer))
        yield* open
        yield* Fiber.join(stopped)
        assert.deepStrictEqual(yield* labelsIn(orders), ["1", "2", "3"])
        yield* program.close
      })
    )
  )

  it.effect("releases at once a message that waits for its next attempt", () =>
    leakFree(
      Effect.gen(function* () {
        const program = yield* running(failing(1).handle, { retry: retries(1) })
        assert.deepStrictEqual(yield* labelsIn(orders), ["2", "3"])
        yield* Fiber.interrupt(program.consumer)
        assert.deepStrictEqual(yield* labelsIn(orders), ["1", "2", "3"])
        yield* program.close
      })
    )
  )

  it.effect("from within a handler, by closing its receiver, does not wait for that handler", () =>
    leakFree(
      Effect.gen(function* () {
        const close = yield* Deferred.make<Effect.Effect<void>>()
        const program = yield* running(() => Effect.flatten(Deferred.await(close)))
        yield* Deferred.succeed(close, program.close)
        assert.strictEqual(endOf(yield* Fiber.await(program.consumer)), "Released")
        assert.deepStrictEqual(yield* labelsIn(orders), ["2", "3"])
      })
    )
  )

  it.effect("a closed receiver cannot be consumed", () =>
    leakFree(
      Effect.gen(function* () {
        const { close, consumer, receiver } = yield* running(() => Effect.void)
        yield* close
        yield* Fiber.await(consumer)
        const error = yield* Effect.flip(receiver.consume(() => Effect.void))
        assert.deepStrictEqual([error.operation, error.reason._tag], ["Receiver.consume", "Released"])
      })
    )
  )
})
