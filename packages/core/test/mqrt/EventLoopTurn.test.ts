import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Scheduler } from "effect"
import { afterEach, beforeEach, vi } from "vitest"
import * as EventLoopTurn from "../../src/mqrt/EventLoopTurn.ts"

/** Tests an effect whose fibers give way only where it says so: the event loop goes round when it waits for that. */
const itUnbroken = <A, E>(name: string, test: () => Effect.Effect<A, E>): void =>
  it.live(name, () => Effect.provideService(Effect.suspend(test), Scheduler.PreventSchedulerYield, true))

/** Returns when the event loop has gone round, and those that wait for their turn have been served. */
const round = Effect.promise(() => new Promise<void>((resolve) => void setImmediate(resolve)))

const isOver = Effect.withFiber((fiber) => Effect.succeed(EventLoopTurn.isOverFor(fiber)))

describe("a turn", () => {
  let now = 0

  beforeEach(() => {
    now = 0
    vi.spyOn(performance, "now").mockImplementation(() => now)
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })

  /** Ends the turn that another test began. */
  const begin = Effect.andThen(round, round)

  itUnbroken("is over after 4 ms, and begins anew when the event loop has gone round", () =>
    Effect.gen(function* () {
      yield* begin
      assert.isFalse(yield* isOver)
      now = 3.9
      assert.isFalse(yield* isOver)
      now = 4
      assert.isTrue(yield* isOver)
      yield* round
      assert.isFalse(yield* isOver)
    })
  )

  itUnbroken("tells a backend when it ends and whether it is over, and begins when a backend asks first", () =>
    Effect.gen(function* () {
      yield* begin
      now = 10
      assert.strictEqual(EventLoopTurn.end(), 14)
      now = 13
      assert.strictEqual(EventLoopTurn.end(), 14)
      assert.isFalse(EventLoopTurn.isOver())
      assert.strictEqual(EventLoopTurn.askedAt(), 13)
      now = 14
      assert.isTrue(yield* isOver)
      assert.isTrue(EventLoopTurn.isOver())
      assert.strictEqual(EventLoopTurn.askedAt(), 14)
      yield* EventLoopTurn.next
      assert.isFalse(EventLoopTurn.isOver())
    })
  )

  itUnbroken("an idle time counts for nothing: the first use after it begins a turn", () =>
    Effect.gen(function* () {
      yield* begin
      now = 1_000_000
      assert.isFalse(yield* isOver)
    })
  )

  itUnbroken("serves those that wait in the order of their arrival, as many as its time allows", () =>
    Effect.gen(function* () {
      yield* begin
      yield* isOver
      now += 4
      const served: Array<number> = []
      const two = EventLoopTurn.within(() =>
        Effect.sync(() => {
          now += 2
          served.push(served.length)
        })
      )
      const fibers = yield* Effect.forEach([0, 1, 2, 3, 4], () => Effect.forkChild(two, { startImmediately: true }))
      assert.deepStrictEqual(served, [])
      yield* round
      assert.deepStrictEqual(served, [0, 1])
      yield* round
      assert.deepStrictEqual(served, [0, 1, 2, 3])
      yield* round
      assert.deepStrictEqual(served, [0, 1, 2, 3, 4])
      for (const fiber of fibers) yield* Fiber.join(fiber)
    })
  )

  itUnbroken("lets one that returns at once wait behind the others", () =>
    Effect.gen(function* () {
      yield* begin
      yield* isOver
      now += 4
      const served: Array<string> = []
      const loop = (name: string) =>
        Effect.forEach([1, 2, 3, 4], () =>
          EventLoopTurn.within(() =>
            Effect.sync(() => {
              now += 2
              served.push(name)
            })
          )
        )
      yield* Effect.all([loop("a"), loop("b")], { concurrency: "unbounded" })
      assert.deepStrictEqual(served, ["a", "a", "b", "b", "a", "a", "b", "b"])
    })
  )

  itUnbroken("skips one that is interrupted while it waits", () =>
    Effect.gen(function* () {
      yield* begin
      yield* isOver
      now += 4
      const served: Array<string> = []
      const fork = (name: string) =>
        Effect.forkChild(
          EventLoopTurn.within(() =>
            Effect.sync(() => {
              now += 4
              served.push(name)
            })
          ),
          { startImmediately: true }
        )
      const first = yield* fork("first")
      yield* fork("second")
      yield* Fiber.interrupt(first)
      yield* round
      assert.deepStrictEqual(served, ["second"])
    })
  )

  itUnbroken("lets one that asked in an earlier turn wait for one turn only", () =>
    Effect.gen(function* () {
      yield* begin
      yield* isOver
      now += 4
      assert.isTrue(yield* isOver)
      yield* round
      yield* EventLoopTurn.next
      assert.isFalse(yield* isOver)
    })
  )

  it.effect("is counted under the clock of a test, so that a busy machine changes nothing", () =>
    Effect.gen(function* () {
      for (let uses = 1; uses <= 64; uses++) {
        now += 1000
        assert.isFalse(yield* isOver)
      }
      assert.isTrue(yield* isOver)
      yield* EventLoopTurn.next
      assert.isFalse(yield* isOver)
    })
  )

  it("a program that runs synchronously goes on without the event loop", () => {
    let done = 0
    const step = EventLoopTurn.within(() =>
      Effect.sync(() => {
        now += 3
        done++
      })
    )
    Effect.runSync(Effect.repeat(step, { times: 9 }))
    assert.strictEqual(done, 10)
  })
})
