/** Ends of sessions, while their connections still deliver what was on its way. */
import { assert, describe, it } from "@effect/vitest"
import type { ReceivedProperties } from "@effect-msmq/core/mqrt/MessageProperties"
import { Deferred, Effect, Fiber } from "effect"
import { Session } from "../../src/internal/gateway/Session.ts"

/** Session that holds a message, and what is done with the message. `completing`: work of its removal. */
const holding = Effect.fnUntraced(function* (completing: Effect.Effect<void> = Effect.void) {
  const done: Array<string> = []
  const session = new Session({ name: "orders" }, { computer: { names: new Set(), id: undefined } } as never)
  const note = (what: string) => Effect.sync(() => void done.push(what))
  const { ticket } = yield* session.hold({
    message: {} as ReceivedProperties,
    complete: Effect.andThen(completing, note("removed")),
    abandon: note("put back")
  })
  return { done, session, ticket }
})

describe("a session that has ended", () => {
  it.effect("removes no message that it has put back, which another client may hold by now", () =>
    Effect.gen(function* () {
      const { done, session, ticket } = yield* holding()
      yield* session.end
      yield* session.complete(ticket)
      yield* session.abandon(ticket)
      assert.deepStrictEqual(done, ["put back"])
    })
  )

  it.effect("has waited for a message that was being removed", () =>
    Effect.gen(function* () {
      const [began, removed] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const completing = Effect.andThen(Deferred.succeed(began, undefined), Deferred.await(removed))
      const { done, session, ticket } = yield* holding(completing)
      const removing = yield* Effect.forkChild(session.complete(ticket))
      yield* Deferred.await(began)
      const ending = yield* Effect.forkChild(
        Effect.andThen(
          session.end,
          Effect.sync(() => void done.push("ended"))
        )
      )
      yield* Effect.yieldNow
      yield* Deferred.succeed(removed, undefined)
      yield* Fiber.join(removing)
      yield* Fiber.join(ending)
      assert.deepStrictEqual(done, ["removed", "ended"])
    })
  )
})
