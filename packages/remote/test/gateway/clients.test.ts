/** Memory of a gateway of the programs that used it. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit } from "effect"
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
      assert.strictEqual(soon?.record, known?.record)
      yield* clients.end("program", second)

      yield* TestClock.adjust("10 minutes")
      const later = yield* clients.begin("program", "orders", session())
      assert.notStrictEqual(later?.record, known?.record)
    })
  )
})
