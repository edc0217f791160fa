import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Fiber } from "effect"
import type { MsmqError } from "../../src/MsmqError.ts"
import * as OwnedHandle from "../../src/internal/ownership/OwnedHandle.ts"
import { start } from "../support/settled.ts"
import { Operation } from "../../src/internal/telemetry/Operation.ts"
import { Events, type Handle, refusedAs, setup } from "../support/handleEvents.ts"

const waiting = (events: Events, handle: Handle, wait: Effect.Effect<string, string>) =>
  OwnedHandle.leaseWaiting(handle, Operation.make("Test.wait"), (native) =>
    events.note(`wait for ${native}`).pipe(
      Effect.andThen(wait),
      Effect.onInterrupt(() => events.note("wait taken back"))
    )
  )

describe("leaseWaiting", () => {
  it.effect("has the outcome of the wait, value or failure, and ends its lease", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const handle = yield* own("a")
      const wait = (use: Effect.Effect<string, string>) =>
        OwnedHandle.leaseWaiting(handle, Operation.make("Test.wait"), () => use)
      assert.strictEqual(yield* wait(Effect.as(Effect.yieldNow, "message")), "message")
      assert.strictEqual(yield* Effect.flip(wait(Effect.andThen(Effect.yieldNow, Effect.fail("no")))), "no")
      assert.deepStrictEqual([handle.node.leases, handle.node.waiting.size], [0, 0])
      yield* OwnedHandle.close(handle)
      assert.deepStrictEqual(events.seen, ["acquire a", "release a"])
    })
  )

  it.effect("is cancelled by a close, and fails as a use after the release, which follows", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const handle = yield* own("a")
      const first = yield* start(waiting(events, handle, Effect.never))
      const second = yield* start(waiting(events, handle, Effect.never))
      yield* OwnedHandle.close(handle)
      assert.strictEqual(refusedAs((yield* Effect.flip(Fiber.join(first))) as MsmqError), "Test.wait: thing a")
      assert.strictEqual(refusedAs((yield* Effect.flip(Fiber.join(second))) as MsmqError), "Test.wait: thing a")
      assert.deepStrictEqual(events.seen, [
        "acquire a",
        "wait for a",
        "wait for a",
        "wait taken back",
        "wait taken back",
        "release a"
      ])
    })
  )

  it.effect("is cancelled by a closeNow", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const handle = yield* own("a")
      const waiter = yield* start(waiting(events, handle, Effect.never))
      OwnedHandle.closeNow(handle)
      assert.strictEqual(refusedAs((yield* Effect.flip(Fiber.join(waiter))) as MsmqError), "Test.wait: thing a")
      assert.sameMembers(events.seen, ["acquire a", "wait for a", "wait taken back", "release a"])
    })
  )

  it.effect("is cancelled by a close that it causes itself when it begins", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const handle = yield* own("a")
      const waiter = yield* start(
        waiting(
          events,
          handle,
          Effect.suspend(() => {
            OwnedHandle.closeNow(handle)
            return Effect.never
          })
        )
      )
      assert.strictEqual(refusedAs((yield* Effect.flip(Fiber.join(waiter))) as MsmqError), "Test.wait: thing a")
      assert.deepStrictEqual(events.seen, ["acquire a", "wait for a", "release a", "wait taken back"])
    })
  )

  it.effect("keeps its value if the wait has succeeded when the close begins", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const handle = yield* own("a")
      const arrival = yield* Deferred.make<string>()
      const waiter = yield* start(waiting(events, handle, Deferred.await(arrival)))
      yield* Deferred.succeed(arrival, "message")
      const closing = yield* start(OwnedHandle.close(handle))
      assert.strictEqual(yield* Fiber.join(waiter), "message")
      yield* Fiber.join(closing)
      assert.deepStrictEqual(events.seen, ["acquire a", "wait for a", "release a"])
    })
  )

  it.effect("is interrupted with the fiber that waits, and then ends its lease", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const handle = yield* own("a")
      const waiter = yield* start(waiting(events, handle, Effect.never))
      assert.strictEqual(handle.node.leases, 1)
      yield* Fiber.interrupt(waiter)
      const exit = yield* Fiber.await(waiter)
      assert(Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause))
      assert.deepStrictEqual([handle.node.leases, handle.node.waiting.size, handle.state], [0, 0, "open"])
      yield* OwnedHandle.close(handle)
      assert.deepStrictEqual(events.seen, ["acquire a", "wait for a", "wait taken back", "release a"])
    })
  )
})
