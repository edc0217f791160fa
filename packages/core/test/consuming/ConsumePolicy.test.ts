/** A policy that cannot be followed is refused before any message is received. */
import { type Consumer, FormatName, MessageQueue } from "@effect-msmq/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { labelsIn, leakFree, orders, queues, send } from "../support/consuming.ts"

describe("a policy that cannot be followed", () => {
  const refused = (policy: Consumer.ConsumePolicy, options: Parameters<typeof queues>[0] = {}) =>
    Effect.gen(function* () {
      const receiver = yield* queues(options)
      yield* send(orders, "1")
      const error = yield* Effect.flip(receiver.consume(() => Effect.void, policy))
      assert.deepStrictEqual(yield* labelsIn(orders), ["1"])
      return error
    })

  const shared = { transactional: false }
  const alone = { transactional: false, shareMode: "denyReceive" } as const
  const remote = "DIRECT=OS:other\\private$\\poison"
  const values: ReadonlyArray<readonly [string, Consumer.ConsumePolicy, string]> = [
    ["no handlers at all", { concurrency: 0 }, "concurrency is 0, but it must be a whole number from 1 on"],
    ["half a handler", { concurrency: 1.5 }, "concurrency is 1.5, but it must be a whole number from 1 on"],
    [
      "a time that is none",
      { shutdownTimeout: "soon" as "1 second" },
      'shutdownTimeout is "soon", but it must be a duration'
    ],
    [
      "an end for poison that is none",
      { poison: "drop" as "fail" },
      'poison is "drop", but it must be "fail", "reject"'
    ],
    ["poison into no queue", { poison: { queue: 7 as never } }, "poison.queue is 7, but it must be a queue's name"]
  ]
  it.effect.each(values)("a value that no queue would do with is an illegal option: %s", ([, policy, rule]) =>
    leakFree(
      Effect.gen(function* () {
        const error = yield* refused(policy)
        assert.strictEqual(error.reason._tag, "IllegalOption")
        assert.include(error.message, `Receiver.consume on ${orders}: ${rule}`)
      })
    )
  )

  const cases: ReadonlyArray<readonly [string, Consumer.ConsumePolicy, Parameters<typeof queues>[0], string]> = [
    ["poison into the queue itself", { poison: { queue: orders } }, {}, "another queue"],
    ["poison into a queue whose kind is not known", { poison: { queue: remote } }, {}, "{ queue, transactional }"],
    ["failing with what was taken", {}, shared, "shareMode denyReceive"],
    ["rejecting what was taken", { poison: "reject" }, shared, "shareMode denyReceive"],
    ["moving what was taken", { poison: { subqueue: "poison" } }, shared, "shareMode denyReceive"],
    ["rejecting from a plain queue", { poison: "reject" }, alone, "only messages of a transactional queue"]
  ]
  it.effect.each(cases)("is refused before any message is received: %s", ([, policy, options, rule]) =>
    leakFree(
      Effect.gen(function* () {
        const error = yield* refused(policy, options)
        assert(error.reason._tag === "IllegalPolicy")
        assert.include(error.message, rule)
      })
    )
  )

  const shown: ReadonlyArray<readonly [string, Consumer.PoisonPolicy, Parameters<typeof queues>[0], string]> = [
    ["a word in quotes", "reject", alone, '"reject"'],
    ["a subqueue by its name", { subqueue: "bad" }, shared, '{ subqueue: "bad" }'],
    ["a queue by its whole name", { queue: remote }, {}, `{ queue: ${JSON.stringify(remote)} }`],
    [
      "a queue with its kind, and without the function that changes copies",
      { queue: orders, transactional: true, copy: (copy) => copy },
      {},
      `{ queue: ${JSON.stringify(orders)}, transactional: true }`
    ],
    [
      "a queue as text that is given as an object",
      { queue: Result.getOrThrow(FormatName.parse(remote)) },
      {},
      `{ queue: ${JSON.stringify(remote)} }`
    ]
  ]
  it.effect.each(shown)("is shown in its error: %s", ([, policy, options, actual]) =>
    leakFree(
      Effect.gen(function* () {
        const error = yield* refused({ poison: policy }, options)
        assert(error.reason._tag === "IllegalPolicy")
        assert.strictEqual(error.reason.actual, actual)
        assert.include(error.message, `the policy's poison is ${actual}, but `)
      })
    )
  )

  const parts: ReadonlyArray<readonly [string, string]> = [
    ["a journal", `DIRECT=OS:${orders};JOURNAL`],
    ["the transactional dead-letter queue", "DIRECT=OS:.\\SYSTEM$;DEADXACT"],
    ["the dead-letter queue", "DIRECT=OS:.\\SYSTEM$;DEADLETTER"]
  ]
  it.effect.each(parts)("subqueues are refused where there are none: of %s", ([, name]) =>
    leakFree(
      Effect.gen(function* () {
        yield* queues()
        const receiver = yield* MessageQueue.openReceiver(name, { shareMode: "denyReceive" })
        for (const policy of [{ poison: { subqueue: "poison" } }, { park: { subqueue: "retry" } }]) {
          const { message, reason } = yield* Effect.flip(receiver.consume(() => Effect.void, policy))
          assert.strictEqual(reason._tag, "IllegalPolicy")
          assert.include(message, "has no subqueues")
        }
      })
    )
  )

  it.effect("names of queues that do not exist, and illegal names of subqueues, are refused as well", () =>
    leakFree(
      Effect.gen(function* () {
        const error = yield* refused({ poison: { queue: ".\\private$\\nowhere" } })
        assert.strictEqual(error.reason._tag, "QueueNotFound")
        const receiver = yield* MessageQueue.openReceiver(orders)
        const illegal = yield* Effect.flip(receiver.consume(() => Effect.void, { poison: { subqueue: "a;b" } }))
        assert.strictEqual(illegal.reason._tag, "IllegalName")
      })
    )
  )
})
