/** A queue that is deleted and created again while a consumer runs may give its messages the lookup ids of those that are gone. */
import { MessageQueue } from "@effect-msmq/core"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import {
  consuming,
  eventLog,
  failing,
  gate,
  labelsIn,
  leakFree,
  orders,
  type Queues,
  queues,
  retries,
  send
} from "../support/consuming.ts"
import { elapse } from "../support/settled.ts"

const modes: Readonly<Record<string, Queues>> = {
  "a transactional queue": {},
  "a plain queue that is held alone": { transactional: false, shareMode: "denyReceive" }
}

describe.each(Object.entries(modes))("%s that is deleted and created again", (_, mode) => {
  const { transactional = true } = mode
  const createAgain = Effect.fnUntraced(function* (...labels: ReadonlyArray<string>) {
    yield* MessageQueue.delete(orders)
    yield* MessageQueue.create(orders, { transactional })
    yield* send(orders, ...labels)
  })

  it.effect("while handlers run loses none of its messages, and the handlers get each of them", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(mode)
        yield* send(orders, "old 1", "old 2")
        const { begun, handle, open } = gate()
        const consumer = yield* consuming(receiver, handle, { concurrency: 2 })
        yield* createAgain("new 1", "new 2", "new 3")
        yield* open
        yield* elapse("1 minute")
        assert.deepStrictEqual(begun.slice(0, 2), ["old 1", "old 2"])
        assert.deepStrictEqual(begun.slice(2).toSorted(), ["new 1", "new 2", "new 3"])
        assert.deepStrictEqual(yield* labelsIn(orders), [])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("while handlers run has its messages where they are when those of the first queue fail", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(mode)
        yield* send(orders, "old")
        const opened = yield* Deferred.make<void>()
        const { events, onEvent } = eventLog()
        const handle = ({ label }: { readonly label: string }) =>
          label === "old" ? Effect.andThen(Deferred.await(opened), Effect.fail("no")) : Effect.void
        const consumer = yield* consuming(receiver, handle, {
          retry: retries(0),
          poison: { subqueue: "poison" },
          onEvent
        })
        yield* createAgain("new")
        yield* Deferred.succeed(opened, undefined)
        yield* elapse("1 minute")
        assert.deepStrictEqual(
          events.filter((event) => event !== "TransientFailure" && event !== "Reopened"),
          ["Received old", "Passed old", "Received new", "Handled new"]
        )
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("has its messages parked, moved as poison, and attempted as often as all others", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(mode)
        yield* send(orders, "old")
        const { handle, tries } = failing(10)
        const consumer = yield* consuming(receiver, handle, {
          retry: retries(2),
          park: { subqueue: "retry" },
          poison: { subqueue: "poison" }
        })
        assert.deepStrictEqual(tries, ["old"])
        yield* createAgain("new")
        for (let second = 0; second < 60; second++) yield* elapse("1 second")
        assert.deepStrictEqual(tries, ["old", "new", "new", "new"])
        assert.deepStrictEqual(yield* labelsIn(`${orders};poison`), ["new"])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("leaves no key in use of a message that is gone", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(mode)
        yield* send(orders, "a old", "b old")
        const { begun, handle, open } = gate()
        const consumer = yield* consuming(receiver, handle, { concurrency: 3, keys: ({ label }) => label.slice(0, 1) })
        yield* createAgain("c new", "c newer", "d new")
        yield* elapse("1 minute")
        yield* open
        yield* elapse("1 minute")
        yield* send(orders, "a newer", "b newer")
        yield* elapse("1 minute")
        const inOrder = begun.filter((label) => label.startsWith("c"))
        assert.deepStrictEqual(inOrder, ["c new", "c newer"])
        assert.deepStrictEqual(begun.toSorted(), ["a newer", "a old", "b newer", "b old", "c new", "c newer", "d new"])
        yield* Fiber.interrupt(consumer)
      })
    )
  )

  it.effect("has the subqueues that its receiver moves messages to, and another format name", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* queues(mode)
        const { formatName } = receiver
        yield* createAgain("1")
        assert.strictEqual((yield* Effect.flip(receiver.peek)).reason._tag, "QueueDeleted")
        yield* receiver.move(yield* receiver.peek, "aside")
        assert.deepStrictEqual(yield* labelsIn(`${orders};aside`), ["1"])
        assert.notStrictEqual(receiver.formatName, formatName)
        assert.strictEqual(receiver.formatName, yield* MessageQueue.formatName(orders))
      })
    )
  )
})
