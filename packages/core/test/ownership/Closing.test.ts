import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Latch } from "effect"
import * as OwnedHandle from "../../src/internal/ownership/OwnedHandle.ts"
import { settled, start } from "../support/settled.ts"
import { Operation } from "../../src/internal/telemetry/Operation.ts"
import { refusedAs, setup } from "../support/handleEvents.ts"

describe("close", () => {
  it.effect("waits for the leases, the last of several, and refuses new ones meanwhile", () =>
    Effect.gen(function* () {
      const { events, own, use } = yield* setup
      const handle = yield* own("a")
      const [first, second, never] = [yield* Latch.make(), yield* Latch.make(), yield* Latch.make()]
      const uses = [yield* start(use(handle, first, "first")), yield* start(use(handle, second, "second"))]
      const batch = new OwnedHandle.IntermittentUse([handle], Operation.make("Test.batch"))
      yield* batch.begin()
      const closing = yield* OwnedHandle.close(handle).pipe(Effect.andThen(events.note("closed")), start)
      yield* settled
      assert.strictEqual(refusedAs(yield* Effect.flip(use(handle, never))), "Test.use: thing a")
      yield* second.open
      yield* settled
      yield* first.open
      yield* settled
      yield* events.note("batch ends")
      batch.end()
      yield* Fiber.joinAll([closing, ...uses])
      assert.deepStrictEqual(events.seen, [
        "acquire a",
        "first a begins",
        "second a begins",
        "second a ends",
        "first a ends",
        "batch ends",
        "release a",
        "closed"
      ])
    })
  )

  it.effect("lets the calls of the leases that run go on", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const handle = yield* own("a")
      const latch = yield* Latch.make()
      const batch = yield* OwnedHandle.lease(handle, Operation.make("Test.batch"), () =>
        Effect.andThen(
          latch.await,
          OwnedHandle.call(handle, Operation.make("Test.call"), (native) => events.note(`call ${native}`))
        )
      ).pipe(start)
      const closing = yield* start(OwnedHandle.close(handle))
      yield* latch.open
      yield* Fiber.joinAll([batch, closing])
      assert.deepStrictEqual(events.seen, ["acquire a", "call a", "release a"])
    })
  )

  it.effect("called twice at once releases once, and returns to both", () =>
    Effect.gen(function* () {
      const { events, own, use } = yield* setup
      const release = yield* Latch.make()
      const handle = yield* own("a", undefined, { release: release.await })
      const latch = yield* Latch.make()
      const running = yield* start(use(handle, latch))
      const closers = yield* Effect.forEach(["first", "second"], (name) =>
        OwnedHandle.close(handle).pipe(Effect.andThen(events.note(`${name} closer returns`)), start)
      )
      yield* latch.open
      yield* Fiber.join(running)
      yield* settled
      assert.deepStrictEqual(events.seen, ["acquire a", "use a begins", "use a ends"])
      yield* release.open
      yield* Fiber.joinAll(closers)
      assert.strictEqual(events.seen[3], "release a")
      assert.sameMembers(events.seen.slice(4), ["first closer returns", "second closer returns"])
    })
  )

  it.effect("cannot be interrupted", () =>
    Effect.gen(function* () {
      const { events, own, use } = yield* setup
      const handle = yield* own("a")
      const latch = yield* Latch.make()
      const running = yield* start(use(handle, latch))
      const closing = yield* start(OwnedHandle.close(handle))
      const interruption = yield* start(Fiber.interrupt(closing))
      yield* latch.open
      yield* Fiber.joinAll([running, interruption])
      assert.deepStrictEqual(events.seen, ["acquire a", "use a begins", "use a ends", "release a"])
    })
  )

  it.effect("returns after an interrupted use has cleaned up", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const handle = yield* own("a")
      const cleanUp = yield* Latch.make()
      const running = yield* OwnedHandle.lease(handle, Operation.make("Test.use"), () => Effect.never).pipe(
        Effect.onInterrupt(() => events.note("the lease has ended")),
        start
      )
      const slow = yield* OwnedHandle.lease(handle, Operation.make("Test.use"), () =>
        Effect.onInterrupt(Effect.never, () => Effect.andThen(cleanUp.await, events.note("cleaned up")))
      ).pipe(start)
      const closing = yield* start(OwnedHandle.close(handle))
      yield* Fiber.interrupt(running)
      const interruption = yield* start(Fiber.interrupt(slow))
      yield* settled
      assert.deepStrictEqual(events.seen, ["acquire a", "the lease has ended"])
      yield* cleanUp.open
      yield* Fiber.joinAll([closing, interruption])
      assert.deepStrictEqual(events.seen.slice(2), ["cleaned up", "release a"])
    })
  )
})

describe("closeNow", () => {
  it.effect("releases at once, even while a lease runs, and only once", () =>
    Effect.gen(function* () {
      const { events, own, use } = yield* setup
      const handle = yield* own("a")
      const latch = yield* Latch.make()
      const running = yield* start(use(handle, latch))
      OwnedHandle.closeNow(handle)
      events.seen.push("closeNow returned")
      OwnedHandle.closeNow(handle)
      yield* latch.open
      yield* Fiber.join(running)
      yield* OwnedHandle.close(handle)
      assert.deepStrictEqual(events.seen, ["acquire a", "use a begins", "release a", "closeNow returned", "use a ends"])
    })
  )

  it.effect("during a call defers the release to the call's end, and refuses the lease its next call", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const handle = yield* own("a")
      const latch = yield* Latch.make()
      const call = OwnedHandle.call(handle, Operation.make("Test.call"), (native) =>
        events.note(`call ${native} begins`).pipe(Effect.andThen(latch.await), Effect.andThen(events.note("call ends")))
      )
      const batch = yield* OwnedHandle.lease(handle, Operation.make("Test.batch"), () =>
        Effect.andThen(call, Effect.andThen(events.note("next call"), call))
      ).pipe(start)
      OwnedHandle.closeNow(handle)
      OwnedHandle.closeNow(handle)
      events.seen.push("closeNow returned")
      yield* settled
      assert.strictEqual(refusedAs(yield* Effect.flip(call)), "Test.call: thing a")
      yield* latch.open
      const refused = yield* Effect.flip(Fiber.join(batch))
      assert.strictEqual(refusedAs(refused), "Test.call: thing a")
      assert.deepStrictEqual(events.seen, [
        "acquire a",
        "call a begins",
        "closeNow returned",
        "call ends",
        "release a",
        "next call"
      ])
    })
  )

  it.effect("during two calls defers the release to the end of the later one", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const handle = yield* own("a")
      const latches = [yield* Latch.make(), yield* Latch.make()]
      const calls = yield* Effect.forEach(latches, (latch, index) =>
        OwnedHandle.call(handle, Operation.make("Test.call"), () =>
          Effect.andThen(latch.await, events.note(`call ${index} ends`))
        ).pipe(start)
      )
      OwnedHandle.closeNow(handle)
      for (const latch of latches) {
        yield* latch.open
        yield* settled
      }
      yield* Fiber.joinAll(calls)
      assert.deepStrictEqual(events.seen, ["acquire a", "call 0 ends", "call 1 ends", "release a"])
    })
  )

  const endings = [
    { ending: "fails", use: Effect.fail("no") },
    { ending: "dies", use: Effect.die("bug") },
    {
      ending: "throws",
      get use(): Effect.Effect<never> {
        throw new Error("bug")
      }
    }
  ] as const

  it.effect.each(endings)("still releases after a call that $ending", (given) =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const handle = yield* own("a")
      const exit = yield* Effect.exit(
        OwnedHandle.call(handle, Operation.make("Test.call"), (): Effect.Effect<never, string> => given.use)
      )
      assert.isTrue(Exit.isFailure(exit))
      OwnedHandle.closeNow(handle)
      assert.deepStrictEqual(events.seen, ["acquire a", "release a"])
    })
  )

  it.effect("a call cannot be interrupted, even while a closeNow waits for it", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const handle = yield* own("a")
      const latch = yield* Latch.make()
      const running = yield* OwnedHandle.call(handle, Operation.make("Test.call"), () =>
        Effect.andThen(latch.await, events.note("call ends"))
      ).pipe(start)
      OwnedHandle.closeNow(handle)
      const interruption = yield* start(Fiber.interrupt(running))
      yield* settled
      assert.deepStrictEqual(events.seen, ["acquire a"])
      yield* latch.open
      yield* Fiber.join(interruption)
      assert.deepStrictEqual(events.seen, ["acquire a", "call ends", "release a"])
    })
  )

  it.effect("while a close waits for leases releases once, and both return", () =>
    Effect.gen(function* () {
      const { events, own, use } = yield* setup
      const handle = yield* own("a")
      const latch = yield* Latch.make()
      const running = yield* start(use(handle, latch))
      const closing = yield* OwnedHandle.close(handle).pipe(Effect.andThen(events.note("closed")), start)
      yield* settled
      OwnedHandle.closeNow(handle)
      yield* Fiber.join(closing)
      yield* latch.open
      yield* Fiber.join(running)
      assert.deepStrictEqual(events.seen, ["acquire a", "use a begins", "release a", "closed", "use a ends"])
    })
  )

  it.effect("while a close waits for leases and a call runs releases once, at the call's end", () =>
    Effect.gen(function* () {
      const { events, own } = yield* setup
      const handle = yield* own("a")
      const latch = yield* Latch.make()
      const batch = yield* OwnedHandle.lease(handle, Operation.make("Test.batch"), () =>
        OwnedHandle.call(handle, Operation.make("Test.call"), () =>
          Effect.andThen(latch.await, events.note("call ends"))
        )
      ).pipe(start)
      const closing = yield* OwnedHandle.close(handle).pipe(Effect.andThen(events.note("closed")), start)
      yield* settled
      OwnedHandle.closeNow(handle)
      yield* settled
      assert.deepStrictEqual(events.seen, ["acquire a"])
      yield* latch.open
      yield* Fiber.joinAll([batch, closing])
      assert.deepStrictEqual(events.seen, ["acquire a", "call ends", "release a", "closed"])
    })
  )
})
