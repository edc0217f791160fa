import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Latch, Scope } from "effect"
import * as OwnedHandle from "../../src/internal/ownership/OwnedHandle.ts"
import { settled, start } from "../support/settled.ts"
import { Operation } from "../../src/internal/telemetry/Operation.ts"

const setup = Effect.map(OwnedHandle.makeRoot(undefined), (root) => {
  const seen: Array<string> = []
  const note = (event: string) => Effect.sync(() => void seen.push(event))
  let taken = 0
  return {
    seen,
    note,
    own: (name: string, renewal: Effect.Effect<void> = Effect.void) => {
      const take = Effect.sync(() => `${name}${++taken}`).pipe(Effect.tap((native) => note(`take ${native}`)))
      return OwnedHandle.scoped(root, Operation.make("Test.own"), {
        kind: "thing",
        name,
        acquire: take,
        reopen: Effect.andThen(renewal, take),
        release: (native) => note(`release ${native}`)
      })
    }
  }
})

describe("a use of several handles", () => {
  it.effect("begins with all of them or with none", () =>
    Effect.gen(function* () {
      const { own } = yield* setup
      const [first, second] = [yield* own("a"), yield* own("b")]
      const use = new OwnedHandle.IntermittentUse([first, second], Operation.make("Test.use"))
      yield* use.begin()
      yield* use.begin()
      assert.deepStrictEqual([first.node.leases, second.node.leases], [1, 1])
      use.end()
      use.end()
      assert.deepStrictEqual([first.node.leases, second.node.leases], [0, 0])
      yield* OwnedHandle.close(second)
      assert.strictEqual((yield* Effect.flip(use.begin())).reason._tag, "Released")
      assert.deepStrictEqual([first.node.leases, second.node.leases], [0, 0])
    })
  )

  it.effect("is waited for by a closing, which ends the wait between two of them", () =>
    Effect.gen(function* () {
      for (const inUse of [true, false]) {
        const { note, own, seen } = yield* setup
        const [first, second] = [yield* own("a"), yield* own("b")]
        const use = new OwnedHandle.IntermittentUse([first, second], Operation.make("Test.use"))
        const latch = yield* Latch.make(!inUse)
        const steps = Effect.gen(function* () {
          yield* use.begin()
          yield* latch.await
          yield* note("used")
          use.end()
          return yield* Effect.never
        })
        const running = yield* start(use.untilClosing(steps, ({ reason }) => reason._tag))
        yield* settled
        const closing = yield* start(Effect.andThen(OwnedHandle.close(second), note("closed")))
        yield* settled
        assert.deepStrictEqual(seen.slice(2), inUse ? [] : ["used", "release b2", "closed"])
        yield* latch.open
        yield* Fiber.join(closing)
        assert.deepStrictEqual(seen.slice(2), ["used", "release b2", "closed"])
        assert.strictEqual(yield* Effect.flip(Fiber.join(running)), "Released")
        assert.deepStrictEqual([first.node.onClosing.size, second.node.onClosing.size, first.node.leases], [0, 0, 0])
      }
    })
  )

  it.effect("has the same outcome as without a closing", () =>
    Effect.gen(function* () {
      const { own } = yield* setup
      const handle = yield* own("a")
      const use = new OwnedHandle.IntermittentUse([handle], Operation.make("Test.use"))
      for (const exit of [Exit.succeed("done"), Exit.fail("no"), Exit.die("bug")]) {
        assert.deepStrictEqual(yield* Effect.exit(use.untilClosing(exit, () => "closed")), exit)
      }
      const interrupted = yield* Effect.exit(use.untilClosing(Effect.interrupt, () => "closed"))
      assert.isTrue(Exit.hasInterrupts(interrupted))
      assert.strictEqual(handle.node.onClosing.size, 0)
    })
  )

  it.effect("that closes its own scope does not wait for itself and does not go on", () =>
    Effect.gen(function* () {
      const { note, own, seen } = yield* setup
      const handle = yield* own("a")
      const use = new OwnedHandle.IntermittentUse([handle], Operation.make("Test.use"))
      const scope = yield* Scope.make()
      yield* Scope.addFinalizer(scope, Effect.andThen(Effect.yieldNow, note("scope closed")))
      const steps = Effect.gen(function* () {
        yield* Scope.close(scope, Exit.void)
        yield* use.begin()
        yield* note("goes on")
      })
      const running = yield* Effect.forkIn(
        use.untilClosing(steps, () => "closed"),
        scope
      )
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(running)))
      yield* settled
      assert.deepStrictEqual(seen, ["take a1", "scope closed"])
      assert.strictEqual(handle.node.leases, 0)
    })
  )
})

describe("a handle that went stale", () => {
  it.effect("is released when its other uses have ended, and later uses get the new one", () =>
    Effect.gen(function* () {
      const { note, own, seen } = yield* setup
      const handle = yield* own("a")
      const latch = yield* Latch.make()
      const running = yield* start(
        OwnedHandle.lease(handle, Operation.make("Test.lease"), (native) =>
          Effect.andThen(latch.await, note(`used ${native}`))
        )
      )
      handle.node.markStale(handle.native)
      const uses = yield* Effect.forEach([1, 2], () =>
        start(OwnedHandle.lease(handle, Operation.make("Test.lease"), (native) => note(`uses ${native}`)))
      )
      const use = new OwnedHandle.IntermittentUse([handle], Operation.make("Test.use"))
      const begun = yield* start(use.begin())
      yield* settled
      assert.deepStrictEqual(seen, ["take a1"])
      yield* latch.open
      yield* Fiber.joinAll([running, begun, ...uses])
      assert.deepStrictEqual(seen, ["take a1", "used a1", "release a1", "take a2", "uses a2", "uses a2"])
      assert.deepStrictEqual([handle.node.leases, handle.node.reopenCount], [1, 1])
      use.end()
    })
  )

  it.effect("is replaced for those who waited on it", () =>
    Effect.gen(function* () {
      const { own, seen } = yield* setup
      const handle = yield* own("a")
      const arrived = yield* Deferred.make<string>()
      const waits: Array<string> = []
      const waiting = yield* Effect.forEach([1, 2], () =>
        start(
          OwnedHandle.leaseWaiting(handle, Operation.make("Test.wait"), (native) => {
            waits.push(native)
            return Deferred.await(arrived)
          })
        )
      )
      handle.node.markStale(handle.native)
      yield* OwnedHandle.lease(handle, Operation.make("Test.lease"), () => Effect.void)
      yield* settled
      assert.deepStrictEqual(waits, ["a1", "a1", "a2", "a2"])
      yield* Deferred.succeed(arrived, "message")
      assert.deepStrictEqual(yield* Effect.forEach(waiting, Fiber.join), ["message", "message"])
      assert.deepStrictEqual(seen, ["take a1", "release a1", "take a2"])
      assert.deepStrictEqual([handle.node.leases, handle.node.waiting.size], [0, 0])
    })
  )

  it.effect("is not replaced if a closing has begun", () =>
    Effect.gen(function* () {
      const { own, seen } = yield* setup
      const handle = yield* own("a")
      const latch = yield* Latch.make()
      const running = yield* start(OwnedHandle.lease(handle, Operation.make("Test.lease"), () => latch.await))
      handle.node.markStale(handle.native)
      const refused = yield* start(
        Effect.flip(OwnedHandle.lease(handle, Operation.make("Test.late"), () => Effect.void))
      )
      const closing = yield* start(OwnedHandle.close(handle))
      yield* settled
      yield* latch.open
      yield* Fiber.joinAll([running, closing])
      assert.strictEqual((yield* Fiber.join(refused)).reason._tag, "Released")
      assert.deepStrictEqual(seen, ["take a1", "release a1"])
    })
  )
})
