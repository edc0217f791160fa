/** The functions of transactions run on the main thread while they are quick, and never keep the event loop for long. */
import { Mqrt, SecurityContext } from "@effect-msmq/core"
import { assert, beforeEach, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { control, missing } from "./theDouble.ts"
import { onDouble } from "./support/slowSender.ts"

/** Ways of a transaction that is committed and of one that is aborted, by the functions that each calls. */
const committed = Mqrt.Mqrt.use((mqrt) =>
  Effect.flatMap(mqrt.beginTransaction, (transaction) =>
    Effect.ensuring(mqrt.commitTransaction(transaction), mqrt.releaseTransaction(transaction))
  )
)
const aborted = Mqrt.Mqrt.use((mqrt) =>
  Effect.flatMap(mqrt.beginTransaction, (transaction) =>
    Effect.ensuring(mqrt.abortTransaction(transaction), mqrt.releaseTransaction(transaction))
  )
)
const functions = [
  { name: "MQBeginTransaction", transaction: committed },
  { name: "TransactionCommit", transaction: committed },
  { name: "TransactionAbort", transaction: aborted },
  { name: "TransactionRelease", transaction: committed }
]

/** Learns which thread is the main one, by a function that always runs there. */
const mainThread = Effect.gen(function* () {
  yield* Effect.scoped(SecurityContext.acquire())
  return control.threadOfLastCall("MQFreeSecurityContext")
})

/** Runs transactions until the function is called on the main thread. Returns their number. */
const untilOnMain = Effect.fnUntraced(function* (name: string, transaction: typeof committed, main: number) {
  let count = 0
  do {
    assert.isBelow(count, 10_000)
    yield* transaction
    count++
  } while (control.threadOfLastCall(name) !== main)
  return count
})

describe.skipIf(missing !== null)("the functions of a transaction", () => {
  beforeEach(() => control.reset())

  it.live.each(functions)(
    "$name runs off the main thread sixteen times, and on it while it is quick",
    ({ name, transaction }) =>
      onDouble(
        Effect.gen(function* () {
          const main = yield* mainThread
          assert.isAtLeast(yield* untilOnMain(name, transaction, main), 17)
        })
      )
  )

  it.live.each(functions)("$name that takes 20 ms never keeps the event loop", ({ name, transaction }) =>
    onDouble(
      Effect.gen(function* () {
        control.setDelay(name, 20)
        control.watchThread()
        yield* Effect.repeat(transaction, { times: 39 })
        assert.strictEqual(control.watchedDelay(), 0)
      })
    )
  )

  it.live.each(functions)(
    "$name that takes 1 ms keeps the event loop once in seventeen times at most",
    ({ name, transaction }) =>
      onDouble(
        Effect.gen(function* () {
          control.setDelay(name, 1)
          control.watchThread()
          yield* Effect.repeat(transaction, { times: 67 })
          assert.isAtMost(control.watchedDelay(), 4)
        })
      )
  )

  it.live.each(functions)(
    "$name that becomes slow keeps the event loop once, and comes back when it is quick",
    ({ name, transaction }) =>
      onDouble(
        Effect.gen(function* () {
          const main = yield* mainThread
          yield* untilOnMain(name, transaction, main)
          control.setDelay(name, 20)
          control.watchThread()
          yield* Effect.repeat(transaction, { times: 19 })
          assert.isAtMost(control.watchedDelay(), 20)
          assert.notStrictEqual(control.threadOfLastCall(name), main)
          control.setDelay(name, 0)
          assert.isAtLeast(yield* untilOnMain(name, transaction, main), 2)
        })
      )
  )

  it.live("let the event loop go on, however many transactions without a message run at once", () =>
    onDouble(
      Effect.gen(function* () {
        const main = yield* mainThread
        for (const { name, transaction } of functions) yield* untilOnMain(name, transaction, main)
        let rounds = 0
        const round = () => {
          rounds++
          next = setImmediate(round)
        }
        let next = setImmediate(round)
        yield* Effect.forEach(Array.from({ length: 5000 }), () => committed, { concurrency: "unbounded" })
        clearImmediate(next)
        assert.isAtLeast(rounds, 3)
      })
    )
  )
})
