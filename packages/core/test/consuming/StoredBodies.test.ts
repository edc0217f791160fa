/** Consumers by key and in batches whose messages have their bodies in a store, which may not give them. */
import { MessageBody, MessageQueue } from "@effect-msmq/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { labelsIn, leakFree, orders, queues } from "../support/consuming.ts"
import { elapse, start } from "../support/settled.ts"

/** Codec whose bodies are all in a store, and the number of times that the store gives a body before it is away for three times. */
const storeWith = (givesBefore: number) => {
  const bodies: Array<Uint8Array> = []
  let calls = 0
  return MessageBody.claimCheck(MessageBody.text, {
    above: 0,
    put: (body: Uint8Array) => Effect.sync(() => String(bodies.push(body.slice()) - 1)),
    get: (reference: string) =>
      Effect.suspend(() => {
        const isAway = calls >= givesBefore && calls < givesBefore + 3
        calls++
        return isAway ? Effect.fail("the store is away") : Effect.succeed(bodies[Number(reference)]!)
      })
  })
}

const opened = Effect.fnUntraced(function* (givesBefore: number, ...texts: ReadonlyArray<string>) {
  const body = storeWith(givesBefore)
  const receiver = yield* queues({ body })
  const sender = yield* MessageQueue.openSender(orders, { body })
  for (const text of texts) yield* sender.send({ body: text, label: text }, { transaction: "singleMessage" })
  return receiver
})

describe("a consumer whose store is away for a while", () => {
  it.effect.each([0, 1, 2, 3])("keeps the order of each key, after %i bodies that came", (givesBefore) =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* opened(givesBefore, "a1", "a2", "b1", "a3", "b2")
        const handled: Array<string> = []
        const running = new Set<string>()
        const consumer = yield* start(
          receiver.consume(
            ({ body }) =>
              Effect.gen(function* () {
                const key = body.slice(0, 1)
                assert.isFalse(running.has(key))
                running.add(key)
                yield* Effect.sleep("1 second")
                running.delete(key)
                handled.push(body)
              }),
            { concurrency: 3, keys: ({ body }) => body.slice(0, 1), retry: () => "1 second" }
          )
        )
        for (let second = 0; second < 20; second++) yield* elapse("1 second")
        yield* Fiber.interrupt(consumer)
        assert.deepStrictEqual(
          handled.filter((text) => text.startsWith("a")),
          ["a1", "a2", "a3"]
        )
        assert.deepStrictEqual(
          handled.filter((text) => text.startsWith("b")),
          ["b1", "b2"]
        )
        assert.deepStrictEqual(yield* labelsIn(orders), [])
      })
    )
  )

  it.effect("handles batches in halves, and every message once, in order", () =>
    leakFree(
      Effect.gen(function* () {
        const receiver = yield* opened(1, "1", "2", "3", "4")
        const handled: Array<string> = []
        const consumer = yield* start(
          receiver.consumeBatches((messages) => Effect.sync(() => handled.push(...messages.map(({ body }) => body))), {
            size: 4,
            retry: () => "1 second"
          })
        )
        for (let second = 0; second < 5; second++) yield* elapse("1 second")
        yield* Fiber.interrupt(consumer)
        assert.deepStrictEqual([handled, yield* labelsIn(orders)], [["1", "2", "3", "4"], []])
      })
    )
  )
})
