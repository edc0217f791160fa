/** Promises about the copies of poison messages, which their queue may refuse. */
import * as MessageQueue from "@effect-msmq/core/MessageQueue"
import type { ShareMode } from "@effect-msmq/core/Mqrt"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as assert from "node:assert/strict"
import { promise } from "./ContractPromise.ts"
import { fork, newQueue } from "./givens.ts"
import { labelsIn, sendLabels } from "./labels.ts"

const sources: ReadonlyArray<readonly [string, boolean, ShareMode]> = [
  ["a transactional queue", true, "denyNone"],
  ["a plain queue that is held alone", false, "denyReceive"],
  ["a plain queue that is shared", false, "denyNone"]
]

/** Consumes a message whose handler fails and another one, until the consumer ends or has reported on both. */
const consume = Effect.fnUntraced(function* (
  [, transactional, shareMode]: (typeof sources)[number],
  poisonTransactional: boolean,
  quota: number | undefined
) {
  const orders = yield* newQueue({ transactional })
  const poison = yield* newQueue({ transactional: poisonTransactional })
  yield* sendLabels(orders, ["bad", "good"], 900)
  if (quota !== undefined) {
    yield* sendLabels(poison, ["filling"], 900)
    yield* MessageQueue.setProperties(poison, { quota })
  }
  const events: Array<string> = []
  const receiver = yield* MessageQueue.openReceiver(orders, { shareMode })
  const consuming = receiver.consume(({ label }) => (label === "bad" ? Effect.fail("broken") : Effect.void), {
    retry: Schedule.recurs(0),
    poison: { queue: poison },
    onEvent: (event) =>
      Effect.sync(() => {
        if ("message" in event && event._tag !== "Received") events.push(`${event._tag} ${event.message.label}`)
      })
  })
  const consumer = yield* fork(Effect.exit(consuming))
  yield* Effect.suspend(() =>
    events.length >= 2 || consumer.pollUnsafe() !== undefined ? Effect.void : Effect.fail("not yet")
  ).pipe(Effect.retry(Schedule.spaced("10 millis")))
  yield* Fiber.interrupt(consumer)
  const there = (yield* labelsIn(poison)).filter((label) => label !== "filling")
  return { events, left: yield* labelsIn(orders), there }
})

export const poison = sources.flatMap((source) =>
  [true, false].flatMap((transactional) => {
    const [name] = source
    const kind = transactional ? "a transactional" : "a plain"
    return [
      promise(
        `poison from ${name} is told of when its copy is in ${kind} queue`,
        Effect.map(consume(source, transactional, undefined), (result) => {
          assert.deepEqual(result, { events: ["Poisoned bad", "Handled good"], left: [], there: ["bad"] })
        })
      ),
      promise(
        `poison from ${name} is not told of when ${kind} queue is full, and stays unless it was taken`,
        Effect.map(consume(source, transactional, 1), (result) => {
          const isTaken = name.endsWith("shared")
          assert.deepEqual(result.there, [])
          assert.equal(result.events.includes("Poisoned bad"), false)
          assert.deepEqual(result.left, isTaken ? ["good"] : ["bad", "good"])
        })
      )
    ]
  })
)
