/** Usual ways to deal with messages that cannot be processed, at the seam. */
import { InMemoryMqrt, MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { create, direct, drained, ends, labelled, message, plain, receiving } from "./seam.ts"

const single = { transaction: "singleMessage" } as const
const retryName = `${direct};retry`
const poisonName = `${direct};poison`

const seenIn = (formatName: string) =>
  MsmqControl.MsmqControl.use((msmq) => msmq.messagesIn(formatName)).pipe(
    Effect.map((messages) => messages.map(({ label }) => label))
  )

describe("poison messages in the way of WCF", () => {
  /** Number of attempts before a message is moved to the subqueue, and number of times that it is moved back. */
  const [attempts, cycles] = [3, 2]

  const make = Effect.gen(function* () {
    const { mqrt, receive, receiver, send } = yield* ends({ transactional: true })
    const retry = yield* mqrt.openQueue(retryName, "receive", "denyNone")
    const [intoQueue, intoRetry, intoPoison] = [
      yield* mqrt.openQueue(direct, "move", "denyNone"),
      yield* mqrt.openQueue(retryName, "move", "denyNone"),
      yield* mqrt.openQueue(poisonName, "move", "denyNone")
    ]
    /** Makes one attempt at the first message; the handler returns `false` where it cannot be processed. */
    const step = Effect.fnUntraced(function* (handler: (label: string) => boolean) {
      const transaction = yield* mqrt.beginTransaction
      const received = yield* receive({ transaction })
      if (handler(received.label)) return yield* mqrt.commitTransaction(transaction)
      yield* mqrt.abortTransaction(transaction)
      if (received.abortCount + 1 < attempts) return
      // Half of the moves were to the subqueue, and the other half back.
      const isPoison = received.moveCount / 2 >= cycles
      yield* mqrt.moveMessage(receiver, isPoison ? intoPoison : intoRetry, received.lookupId, "none")
    })
    const afterTheDelay = Effect.gen(function* () {
      const { lookupId } = yield* mqrt.receiveMessage(retry, receiving({ action: "peekCurrent" }))
      yield* mqrt.moveMessage(retry, intoQueue, lookupId, "none")
    })
    return { send, step, afterTheDelay }
  })

  it.effect(
    "the counts of a message move it to the retry subqueue, back, and after the last cycle to the poison subqueue (E-71)",
    () =>
      Effect.gen(function* () {
        const { afterTheDelay, send, step } = yield* make
        yield* send(labelled("poison"), single)
        for (let cycle = 0; cycle < cycles; cycle++) {
          for (let attempt = 0; attempt < attempts; attempt++) {
            assert.deepStrictEqual(yield* seenIn(direct), ["poison"])
            yield* step(() => false)
          }
          assert.deepStrictEqual(yield* seenIn(retryName), ["poison"])
          yield* afterTheDelay
        }
        for (let attempt = 0; attempt < attempts; attempt++) yield* step(() => false)
        assert.deepStrictEqual([yield* seenIn(direct), yield* seenIn(retryName)], [[], []])
        const [poison] = yield* drained(poisonName)
        assert.deepStrictEqual([poison?.label, poison?.moveCount, poison?.abortCount], ["poison", 2 * cycles + 1, 0])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "a message that succeeds in a later cycle is handled, and the messages behind it do not wait for it (E-71)",
    () =>
      Effect.gen(function* () {
        const { afterTheDelay, send, step } = yield* make
        yield* send(labelled("slow", "good"), single)
        for (let attempt = 0; attempt < attempts; attempt++) yield* step((label) => label !== "slow")
        yield* step((label) => label === "good")
        assert.deepStrictEqual([yield* seenIn(direct), yield* seenIn(retryName)], [[], ["slow"]])
        yield* afterTheDelay
        yield* step(() => true)
        assert.deepStrictEqual([yield* seenIn(direct), yield* seenIn(retryName)], [[], []])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})

describe("poison messages in the way of NServiceBus", () => {
  const errorPath = ".\\private$\\error"
  const answersPath = ".\\private$\\answers"
  const attempts = 3

  const make = Effect.gen(function* () {
    const orders = yield* ends({ transactional: true })
    const { mqrt, receive } = orders
    for (const pathName of [errorPath, answersPath]) yield* create({ pathName, transactional: true })
    const toError = yield* mqrt.openQueue(`DIRECT=OS:${errorPath}`, "send", "denyNone")
    const toAnswers = yield* mqrt.openQueue(`DIRECT=OS:${answersPath}`, "send", "denyNone")
    const failures = new Map<string, number>()
    /** Receives, processes, answers and commits in one transaction, until it has counted too many failures. */
    const step = Effect.fnUntraced(function* (handler: (label: string) => boolean) {
      const transaction = yield* mqrt.beginTransaction
      const received = yield* receive({ transaction })
      const failed = failures.get(received.messageId) ?? 0
      if (failed >= attempts || received.extension === null) {
        yield* mqrt.sendMessages(toError, [message({ label: received.label })], { ...plain, transaction })
        return yield* mqrt.commitTransaction(transaction)
      }
      yield* mqrt.sendMessages(toAnswers, [message({ label: `re: ${received.label}` })], { ...plain, transaction })
      if (handler(received.label)) return yield* mqrt.commitTransaction(transaction)
      yield* mqrt.abortTransaction(transaction)
      failures.set(received.messageId, failed + 1)
    })
    return { ...orders, step }
  })

  const headers = new Uint8Array(1)
  const readable = (label: string) => message({ label, extension: headers })

  it.effect("a message is received and its reply sent together, or not at all (F-42)", () =>
    Effect.gen(function* () {
      const { send, step } = yield* make
      yield* send([readable("order")], single)
      yield* step(() => false)
      assert.deepStrictEqual([yield* seenIn(direct), yield* seenIn(`DIRECT=OS:${answersPath}`)], [["order"], []])
      yield* step(() => true)
      assert.deepStrictEqual([yield* seenIn(direct), yield* seenIn(`DIRECT=OS:${answersPath}`)], [[], ["re: order"]])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a message that failed too often, or cannot be read, goes to the error queue once (E-72, F-42)", () =>
    Effect.gen(function* () {
      const { send, step } = yield* make
      yield* send([readable("poison"), message({ label: "unreadable" }), readable("order")], single)
      for (let attempt = 0; attempt <= attempts; attempt++) yield* step((label) => label !== "poison")
      assert.deepStrictEqual(yield* seenIn(direct), ["unreadable", "order"])
      for (let rest = 0; rest < 2; rest++) yield* step(() => true)
      assert.deepStrictEqual(yield* seenIn(direct), [])
      assert.deepStrictEqual(yield* seenIn(`DIRECT=OS:${errorPath}`), ["poison", "unreadable"])
      assert.deepStrictEqual(yield* seenIn(`DIRECT=OS:${answersPath}`), ["re: order"])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})
