/** Memory of a gateway for the programs that used it. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Clients } from "../../src/internal/gateway/Clients.ts"

const session = () => ({ end: Effect.void })

describe("a gateway", () => {
  it.effect("remembers outcomes for the whole time after the last session of a program, not after an earlier one", () =>
    Effect.gen(function* () {
      const clients = new Clients(yield* Effect.scope, Duration.minutes(10))
      const [first, second] = [session(), session()]
      const program = yield* clients.begin("program", "orders", first)
      program?.note(1, Exit.succeed("sent"))
      yield* clients.end("program", first)
      yield* TestClock.adjust("9 minutes")
      yield* clients.begin("program", "orders", second)
      yield* clients.end("program", second)

      yield* TestClock.adjust("9 minutes")
      const known = yield* clients.begin("program", "orders", session())
      assert.deepStrictEqual(known?.outcomeOf(1), Exit.succeed("sent"))
    })
  )

  it.effect("does not take a program that it has forgotten for one that it knows everything of", () =>
    Effect.gen(function* () {
      const clients = new Clients(yield* Effect.scope, Duration.minutes(10))
      const [first, second] = [session(), session()]
      const known = yield* clients.begin("program", "orders", first)
      yield* clients.end("program", first)
      const soon = yield* clients.begin("program", "orders", second)
      assert.strictEqual(soon?.memory, known?.memory)
      yield* clients.end("program", second)

      yield* TestClock.adjust("10 minutes")
      const later = yield* clients.begin("program", "orders", session())
      assert.notStrictEqual(later?.memory, known?.memory)
    })
  )

  it.effect(
    "begins a session only when all earlier ones of its program have ended, also where the last of them never began",
    () =>
      Effect.gen(function* () {
        const clients = new Clients(yield* Effect.scope, Duration.minutes(10))
        const sent = yield* Deferred.make<void>()
        const sending = { end: Deferred.await(sent) }
        const second = session()
        const known = yield* clients.begin("program", "orders", sending)
        const cutOff = yield* Effect.forkChild(clients.begin("program", "orders", second), { startImmediately: true })
        // The connection of the second session is cut while the first one still sends.
        yield* Fiber.interrupt(cutOff)
        yield* clients.end("program", second)

        const third = yield* Effect.forkChild(clients.begin("program", "orders", session()), { startImmediately: true })
        yield* Effect.yieldNow
        assert.isUndefined(third.pollUnsafe(), "the third session began while the first one sent")
        known?.note(1, Exit.succeed("sent"))
        yield* Deferred.succeed(sent, undefined)
        assert.deepStrictEqual((yield* Fiber.join(third))?.outcomeOf(1), Exit.succeed("sent"))
      })
  )
})
