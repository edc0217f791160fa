import { MessageQueue } from "@effect-msmq/core"
import { InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { createQueue, deleteQueues } from "../rooms/ownQueues.ts"

const others = ".\\private$\\orders"

/** Creates the queues of a run, and leaves them there, as a process does that is killed. */
const createAndLeave = (run: string) =>
  Effect.forEach(["plain", "transactional"], (kind) =>
    Effect.tap(Effect.succeed(`.\\private$\\effect-msmq-bench-${run}-${kind}`), (name) => MessageQueue.create(name))
  )

const exist = (names: ReadonlyArray<string>) => Effect.forEach(names, MessageQueue.exists)

describe("the queues of a run on a library", () => {
  it.effect("are deleted when their figure ends, however it ends", () =>
    Effect.gen(function* () {
      const used = Effect.scoped(createQueue("run", "plain"))
      const name = yield* used
      assert.isFalse(yield* MessageQueue.exists(name))
      yield* Effect.exit(Effect.scoped(Effect.andThen(createQueue("run", "plain"), Effect.die("the figure is broken"))))
      assert.isFalse(yield* MessageQueue.exists(name))
      const waiting = yield* Effect.forkChild(
        Effect.scoped(Effect.andThen(createQueue("run", "plain"), Effect.never)),
        { startImmediately: true }
      )
      assert.isTrue(yield* MessageQueue.exists(name))
      yield* Fiber.interrupt(waiting)
      assert.isFalse(yield* MessageQueue.exists(name))
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("are deleted after a process that left them, and no queues of others or of another run are", () =>
    Effect.gen(function* () {
      yield* MessageQueue.create(others)
      const [ours, theirs] = [yield* createAndLeave("ours"), yield* createAndLeave("theirs")]
      yield* deleteQueues("ours")
      assert.deepStrictEqual(yield* exist(ours), [false, false])
      assert.deepStrictEqual(yield* exist([others, ...theirs]), [true, true, true])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})
