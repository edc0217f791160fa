import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Latch, Scope } from "effect"
import * as OwnedHandle from "../../src/internal/ownership/OwnedHandle.ts"
import { settled, start } from "../support/settled.ts"
import { Operation } from "../../src/internal/telemetry/Operation.ts"
import { refusedAs, setup } from "../support/handleEvents.ts"

describe("a parent", () => {
  it.effect("closes its children before itself, the youngest first, and theirs before them", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const parent = yield* own("parent")
      const older = yield* own("older", parent)
      yield* own("older's older", older)
      const younger = yield* own("younger", parent)
      yield* own("younger's child", younger)
      yield* own("older's younger", older)
      events.seen.length = 0
      yield* OwnedHandle.close(parent)
      assert.deepStrictEqual(events.seen, [
        "release younger's child",
        "release younger",
        "release older's younger",
        "release older's older",
        "release older",
        "release parent"
      ])
    })
  )

  it.effect("is closed with all that is open under it when the root's scope closes", () =>
    Effect.gen(function* () {
      const longer = yield* Effect.scope
      const { events } = yield* Effect.gen(function* () {
        const given = yield* setup
        const parent = yield* Scope.provide(given.own("parent"), longer)
        yield* Scope.provide(given.own("child", parent), longer)
        return given
      }).pipe(Effect.scoped)
      assert.deepStrictEqual(events.seen, ["acquire parent", "acquire child", "release child", "release parent"])
    })
  )

  it.effect("waits for the leases of its children, and refuses new children meanwhile", () =>
    Effect.gen(function* () {
      const { events, own, use } = yield* setup
      const parent = yield* own("parent")
      const child = yield* own("child", parent)
      const latch = yield* Latch.make()
      const running = yield* start(use(child, latch))
      const closing = yield* start(OwnedHandle.close(parent))
      yield* settled
      assert.strictEqual(refusedAs(yield* Effect.flip(Effect.scoped(own("late", parent)))), "Test.own: thing parent")
      yield* latch.open
      yield* Fiber.joinAll([running, closing])
      assert.deepStrictEqual(events.seen.slice(2), [
        "use child begins",
        "use child ends",
        "release child",
        "release parent"
      ])
    })
  )

  it.effect("waits for a child that is being acquired, and closes it too", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const parent = yield* own("parent")
      yield* own("older", parent)
      const latch = yield* Latch.make()
      const owner = yield* OwnedHandle.scoped(
        parent,
        Operation.make("Test.own"),
        events.resource("late", { acquire: latch.await })
      ).pipe(
        Effect.andThen((late) =>
          Effect.andThen(
            Deferred.await(late.node.released),
            Effect.flip(OwnedHandle.lease(late, Operation.make("Test.use"), () => Effect.void))
          )
        ),
        Effect.scoped,
        start
      )
      const closing = yield* start(OwnedHandle.close(parent))
      yield* settled
      assert.deepStrictEqual(events.seen, ["acquire parent", "acquire older", "release older"])
      yield* latch.open
      yield* Fiber.join(closing)
      assert.deepStrictEqual(events.seen.slice(3), ["acquire late", "release late", "release parent"])
      assert.strictEqual(refusedAs(yield* Fiber.join(owner)), "Test.use: thing late")
    })
  )

  it.effect("waits for a child whose release another closing has begun", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const latch = yield* Latch.make()
      const parent = yield* own("parent")
      const child = yield* own("child", parent, { release: latch.await })
      const closers = [yield* start(OwnedHandle.close(child)), yield* start(OwnedHandle.close(parent))]
      yield* settled
      assert.deepStrictEqual(events.seen, ["acquire parent", "acquire child"])
      yield* latch.open
      yield* Fiber.joinAll(closers)
      assert.deepStrictEqual(events.seen.slice(2), ["release child", "release parent"])
    })
  )

  it.effect("waits for the call of a child that was closed at once", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const parent = yield* own("parent")
      const child = yield* own("child", parent)
      const latch = yield* Latch.make()
      const running = yield* OwnedHandle.call(child, Operation.make("Test.call"), () =>
        Effect.andThen(latch.await, events.note("call ends"))
      ).pipe(start)
      OwnedHandle.closeNow(child)
      const closing = yield* start(OwnedHandle.close(parent))
      yield* settled
      yield* latch.open
      yield* Fiber.joinAll([running, closing])
      assert.deepStrictEqual(events.seen.slice(2), ["call ends", "release child", "release parent"])
    })
  )

  it.effect("forgets the children that were closed before", () =>
    Effect.gen(function* () {
      const { own } = yield* setup
      const parent = yield* own("parent")
      yield* Effect.scoped(own("first", parent))
      const second = yield* own("second", parent)
      OwnedHandle.closeNow(second)
      assert.strictEqual(parent.node.children.size, 0)
      assert.strictEqual(parent.node.leases, 0)
    })
  )
})
