import { errors } from "@effect-msmq/core/ErrorCode"
import type * as Mqrt from "@effect-msmq/core/Mqrt"
import { HandleLedger, InMemoryMqrt } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as References from "effect/References"
import * as Schema from "effect/Schema"
import {
  code,
  codeOf,
  direct,
  drained,
  ends,
  fork,
  labelled,
  machineId,
  message,
  messages,
  plain,
  rejectedClasses,
  waiting
} from "./seam.ts"
import { elapse } from "../../../core/test/support/settled.ts"

const sequence = errors.MQ_ERROR_TRANSACTION_SEQUENCE

const timeout = errors.MQ_ERROR_IO_TIMEOUT

const single = { transaction: "singleMessage" } as const

const transactional = ends({ transactional: true })

describe("transactions", () => {
  it.effect(
    "messages are visible to nobody before the commit, and then to all, in the order of their sends (F-06, F-20, F-21, F-29)",
    () =>
      Effect.gen(function* () {
        const { label, lookup, mqrt, poll, send } = yield* transactional
        const transaction = yield* mqrt.beginTransaction
        assert.strictEqual((yield* send(labelled("a", "b"), { transaction })).accepted, 2)
        assert.strictEqual(yield* code(poll), timeout)
        assert.strictEqual(yield* code(lookup("receiveFirst", 0n, transaction)), errors.MQ_ERROR_MESSAGE_NOT_FOUND)
        assert.strictEqual(yield* messages, 0)
        yield* mqrt.commitTransaction(transaction)
        assert.deepStrictEqual([yield* label, yield* label], ["a", "b"])
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("messages of an aborted transaction are lost, and their ids are not used again (F-22, F-23)", () =>
    Effect.gen(function* () {
      const { mqrt, poll, send } = yield* transactional
      const transaction = yield* mqrt.beginTransaction
      const options = { messageIds: true } as const
      assert.deepStrictEqual((yield* send([message()], { ...options, transaction })).messageIds, [`{${machineId}}\\1`])
      yield* mqrt.abortTransaction(transaction)
      assert.strictEqual(yield* code(poll), timeout)
      assert.deepStrictEqual((yield* send([message()], { ...options, ...single })).messageIds, [`{${machineId}}\\2`])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a message has the place of its send in the queue, whenever its transaction commits (F-24, X-24)", () =>
    Effect.gen(function* () {
      const { label, mqrt, send } = yield* transactional
      const [first, second] = [yield* mqrt.beginTransaction, yield* mqrt.beginTransaction]
      yield* send(labelled("sent first"), { transaction: first })
      yield* send(labelled("sent second"), { transaction: second })
      yield* mqrt.commitTransaction(second)
      yield* mqrt.commitTransaction(first)
      assert.deepStrictEqual([yield* label, yield* label], ["sent first", "sent second"])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a message received in a transaction is hidden from all others, and still counted (E-06, F-25)", () =>
    Effect.gen(function* () {
      const { mqrt, peek, poll, receive, send } = yield* transactional
      yield* send(labelled("a"), single)
      const transaction = yield* mqrt.beginTransaction
      assert.strictEqual((yield* receive({ transaction })).label, "a")
      assert.strictEqual(yield* code(poll), timeout)
      assert.strictEqual(yield* code(peek), timeout)
      assert.strictEqual(yield* code(receive({ transaction })), timeout)
      assert.strictEqual(yield* messages, 1)
      yield* mqrt.commitTransaction(transaction)
      assert.strictEqual(yield* messages, 0)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("without a distributed transaction mts and xa mean no transaction (F-04, F-05)", () =>
    Effect.gen(function* () {
      const { poll, receive, send } = yield* ends()
      for (const transaction of ["mts", "xa"] as const) {
        yield* send([message()], { transaction })
        assert.strictEqual((yield* receive({ transaction, action: "peekCurrent" })).transactionId, null)
        yield* receive({ transaction })
      }
      assert.strictEqual(yield* code(poll), timeout)
      assert.deepStrictEqual(yield* rejectedClasses, [])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("messages of a transaction to a plain queue are dropped when it commits, and not before (F-09, F-11)", () =>
    Effect.gen(function* () {
      const { mqrt, poll, send } = yield* ends()
      const transaction = yield* mqrt.beginTransaction
      yield* send([message()], { transaction })
      assert.deepStrictEqual(yield* rejectedClasses, [])
      yield* mqrt.commitTransaction(transaction)
      assert.deepStrictEqual(yield* rejectedClasses, [0x8009])
      assert.strictEqual(yield* code(poll), timeout)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("each kind of transaction can be used for sends and receives (F-01)", () =>
    Effect.gen(function* () {
      const { mqrt, poll, receive, send } = yield* transactional
      const begun = yield* mqrt.beginTransaction
      const kinds = ["none", "mts", "xa", "singleMessage", begun] as const
      for (const transaction of kinds) {
        assert.strictEqual((yield* send([message({ label: `${transaction}` })], { transaction })).accepted, 1)
      }
      yield* mqrt.commitTransaction(begun)
      // A message outside any transaction is refused here, and a distributed transaction that does not exist is none.
      assert.deepStrictEqual(yield* rejectedClasses, [0x800a, 0x800a, 0x800a])
      const arrived = [yield* receive({ action: "peekCurrent" }), yield* receive({ transaction: "singleMessage" })]
      assert.deepStrictEqual(
        arrived.map((one) => [one.label, one.firstInTransaction && one.lastInTransaction]),
        [
          ["singleMessage", true],
          ["singleMessage", true]
        ]
      )
      assert.strictEqual((yield* poll).label, `${begun}`)
      for (const transaction of ["none", "mts", "xa", "singleMessage", yield* mqrt.beginTransaction] as const) {
        yield* send(labelled("a"), single)
        assert.strictEqual((yield* receive({ transaction })).label, "a")
        const isLocked = typeof transaction === "bigint"
        assert.strictEqual(yield* messages, isLocked ? 1 : 0)
      }
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("fibers share a transaction: the calls of all commit or abort together (F-39)", () =>
    Effect.gen(function* () {
      const { mqrt, receive, send } = yield* transactional
      for (const end of ["abortTransaction", "commitTransaction"] as const) {
        yield* send(labelled("a", "b"), single)
        const transaction = yield* mqrt.beginTransaction
        const fibers = [
          yield* waiting(receive({ transaction })),
          yield* waiting(send(labelled("c"), { transaction })),
          yield* waiting(receive({ transaction })),
          yield* waiting(send(labelled("d"), { transaction }))
        ]
        for (const fiber of fibers) yield* Fiber.join<unknown, Mqrt.MqrtFailure>(fiber)
        assert.strictEqual(yield* messages, 2)
        yield* mqrt[end](transaction)
        const left = yield* drained(direct)
        assert.deepStrictEqual(
          left.map((one) => one.label),
          end === "commitTransaction" ? ["c", "d"] : ["a", "b"]
        )
      }
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "of two fibers that end a transaction at once one succeeds, and the other fails since it is over (F-39)",
    () =>
      Effect.gen(function* () {
        const { mqrt, send } = yield* transactional
        const transaction = yield* mqrt.beginTransaction
        yield* send(labelled("a"), { transaction })
        const commit = yield* waiting(mqrt.commitTransaction(transaction))
        const abort = yield* waiting(code(mqrt.abortTransaction(transaction)))
        yield* Fiber.join(commit)
        assert.strictEqual(yield* Fiber.join(abort), sequence)
        assert.strictEqual(yield* messages, 1)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect(
    "after a peek another receive may be quicker: then the receive fails and the transaction goes on (G-13)",
    () =>
      Effect.gen(function* () {
        const { label, mqrt, receive, send } = yield* transactional
        const transaction = yield* mqrt.beginTransaction
        const peek = receive({ action: "peekCurrent", timeout: null })
        const first = yield* waiting(peek)
        yield* send(labelled("taken by another"), single)
        assert.strictEqual((yield* Fiber.join(first)).label, "taken by another")
        assert.strictEqual(yield* label, "taken by another")
        assert.strictEqual(yield* code(receive({ transaction, timeout: 0 })), timeout)
        const second = yield* waiting(peek)
        yield* send(labelled("mine"), single)
        yield* Fiber.join(second)
        assert.strictEqual((yield* receive({ transaction, timeout: 0 })).label, "mine")
        yield* mqrt.commitTransaction(transaction)
        assert.strictEqual(yield* messages, 0)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  for (const how of ["receive", "lookup"] as const) {
    it.effect(
      `after an interruption of a ${how} at any step, either the transaction or the queue has the message`,
      () =>
        Effect.gen(function* () {
          const outcomes = yield* Effect.forEach(
            // A fiber yields after this number of steps: the numbers include one between each step and the next.
            Array.from({ length: 25 }, (_, index) => index + 3),
            (steps) =>
              Effect.gen(function* () {
                const { lookup, mqrt, receive, send } = yield* transactional
                yield* send(labelled("a"), single)
                const transaction = yield* mqrt.beginTransaction
                let handedOut = false
                const call = how === "receive" ? receive({ transaction }) : lookup("receiveFirst", 0n, transaction)
                const stepwise = Effect.map(call, () => {
                  handedOut = true
                }).pipe(Effect.provideService(References.MaxOpsBeforeYield, steps))
                yield* Fiber.interrupt(yield* fork(stepwise))
                yield* mqrt.commitTransaction(transaction)
                assert.strictEqual(yield* messages, handedOut ? 0 : 1)
                return handedOut
              }).pipe(Effect.provide(InMemoryMqrt.layer, { local: true }))
          )
          assert.sameMembers([...new Set(outcomes)], [true, false])
        })
    )
  }

  it.effect("a transaction that has ended cannot commit, abort, send or receive (F-36)", () =>
    Effect.gen(function* () {
      const { lookup, mqrt, poll, receive, send } = yield* transactional
      for (const end of ["commitTransaction", "abortTransaction"] as const) {
        const transaction = yield* mqrt.beginTransaction
        yield* mqrt[end](transaction)
        assert.strictEqual(yield* code(mqrt.commitTransaction(transaction)), sequence)
        assert.strictEqual(yield* code(mqrt.abortTransaction(transaction)), sequence)
        assert.strictEqual(codeOf(yield* send([message()], { transaction })), sequence)
        assert.strictEqual(yield* code(receive({ transaction })), sequence)
        assert.strictEqual(yield* code(lookup("receiveFirst", 0n, transaction)), sequence)
        yield* mqrt.releaseTransaction(transaction)
      }
      assert.strictEqual(yield* code(poll), timeout)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("a transaction that is released without a commit is aborted, and with one it is not (F-29, F-37)", () =>
    Effect.gen(function* () {
      const { label, mqrt, poll, receive, send } = yield* transactional
      yield* send(labelled("a"), single)
      const aborted = yield* mqrt.beginTransaction
      yield* receive({ transaction: aborted })
      yield* send(labelled("never"), { transaction: aborted })
      yield* mqrt.releaseTransaction(aborted)
      yield* mqrt.releaseTransaction(aborted)
      assert.strictEqual(yield* label, "a")
      const committed = yield* mqrt.beginTransaction
      yield* send(labelled("b"), { transaction: committed })
      yield* mqrt.commitTransaction(committed)
      yield* mqrt.releaseTransaction(committed)
      assert.strictEqual(yield* label, "b")
      assert.strictEqual(yield* code(poll), timeout)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("first and last are marked for each queue; all bear the id of their transaction (D-30, F-30, X-19)", () =>
    Effect.gen(function* () {
      const { mqrt, poll, send } = yield* transactional
      const other = yield* mqrt.openQueue("DIRECT=OS:other\\private$\\q", "send", "denyNone")
      const transaction = yield* mqrt.beginTransaction
      yield* mqrt.sendMessages(other, [message()], { ...plain, transaction })
      yield* send(labelled("a", "b", "c"), { transaction })
      yield* mqrt.sendMessages(other, [message()], { ...plain, transaction })
      yield* mqrt.commitTransaction(transaction)
      yield* send(labelled("alone"), single)
      const received = [yield* poll, yield* poll, yield* poll, yield* poll]
      assert.deepStrictEqual(
        received.map((one) => [one.firstInTransaction, one.lastInTransaction]),
        [
          [true, false],
          [false, false],
          [false, true],
          [true, true]
        ]
      )
      const ids = received.map((one) => one.transactionId)
      assert.deepStrictEqual([new Set(ids).size, new Set(ids.slice(0, 3)).size], [2, 1])
      assert.match(ids[0] ?? "", /^\{6d736d71-0000-4000-8000-000000000001\}\\\d+$/)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("the time limits of its first message hold for all messages of a transaction (D-42, F-32)", () =>
    Effect.gen(function* () {
      const { mqrt, poll, send } = yield* transactional
      const transaction = yield* mqrt.beginTransaction
      yield* send([message({ timeToBeReceived: 10 }), message({ timeToBeReceived: 99, timeToReachQueue: 5 })], {
        transaction
      })
      yield* mqrt.commitTransaction(transaction)
      yield* poll
      const second = yield* poll
      assert.deepStrictEqual([second.timeToBeReceived, second.timeToReachQueue], [10, null])
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  it.effect("time that runs out in a transaction counts when it aborts, and not when it commits (D-38)", () =>
    Effect.gen(function* () {
      const { mqrt, poll, receive, send } = yield* transactional
      for (const end of ["commitTransaction", "abortTransaction"] as const) {
        yield* send([message({ timeToBeReceived: 10 })], single)
        const transaction = yield* mqrt.beginTransaction
        yield* receive({ transaction })
        yield* elapse("1 minute")
        assert.strictEqual(yield* messages, 1)
        yield* mqrt[end](transaction)
        assert.strictEqual(yield* messages, 0)
      }
      assert.strictEqual(yield* code(poll), timeout)
    }).pipe(Effect.provide(InMemoryMqrt.layer))
  )

  for (const end of ["commitTransaction", "abortTransaction"] as const) {
    it.effect(
      `a purge leaves the messages of a transaction until ${end}, and its sends are not in the queue yet (E-55, F-41)`,
      () =>
        Effect.gen(function* () {
          const { mqrt, poll, receive, receiver, send } = yield* transactional
          yield* send(labelled("a", "b"), single)
          const transaction = yield* mqrt.beginTransaction
          yield* receive({ transaction })
          yield* send(labelled("c"), { transaction })
          yield* mqrt.purgeQueue(receiver)
          assert.strictEqual(yield* messages, 1)
          yield* mqrt[end](transaction)
          if (end === "commitTransaction") assert.strictEqual((yield* poll).label, "c")
          assert.strictEqual(yield* code(poll), timeout)
        }).pipe(Effect.provide(InMemoryMqrt.layer))
    )

    it.effect(`if the queue is deleted meanwhile, ${end} succeeds (F-41)`, () =>
      Effect.gen(function* () {
        const { formatName, mqrt, receive, send } = yield* transactional
        yield* send(labelled("a"), single)
        const transaction = yield* mqrt.beginTransaction
        yield* receive({ transaction })
        yield* send(labelled("b"), { transaction })
        yield* mqrt.deleteQueue(formatName)
        yield* mqrt[end](transaction)
        const again = yield* transactional
        assert.strictEqual(yield* code(again.poll), timeout)
      }).pipe(Effect.provide(InMemoryMqrt.layer))
    )
  }

  it.effect("the ledger counts transactions and cursors too", () =>
    Effect.gen(function* () {
      const { mqrt, receiver, sender } = yield* transactional
      const transaction = yield* mqrt.beginTransaction
      const cursor = yield* mqrt.createCursor(receiver)
      const leaked = yield* Effect.flip(HandleLedger.expectNoLeaks)
      assert.deepStrictEqual(
        leaked.open.map((handle) => handle.kind),
        ["queue", "queue", "cursor", "transaction"]
      )
      yield* mqrt.closeCursor(cursor)
      yield* mqrt.commitTransaction(transaction)
      yield* mqrt.releaseTransaction(transaction)
      yield* mqrt.closeQueue(receiver)
      yield* mqrt.closeQueue(sender)
      yield* HandleLedger.expectNoLeaks
      yield* mqrt.releaseTransaction(transaction)
      yield* code(mqrt.commitTransaction(transaction))
      assert.deepStrictEqual(
        (yield* HandleLedger.violations).map(({ function: by, kind, rule }) => [rule, kind, by]),
        [
          ["freed twice", "transaction", "ITransaction::Release"],
          ["used after release", "transaction", "ITransaction::Commit"]
        ]
      )
    }).pipe(Effect.provide(HandleLedger.layer(InMemoryMqrt.layer)))
  )

  it.effect.prop(
    "two transactions and a plain receiver lose no message, receive none twice and keep the order (F-20 to F-29)",
    {
      steps: Schema.Array(
        Schema.Tuple([
          Schema.Literals([0, 1] as const),
          Schema.Literals(["send", "receive", "commit", "abort", "release", "plain", "lookup"] as const)
        ])
      ).check(Schema.isMaxLength(40))
    },
    ({ steps }) =>
      Effect.gen(function* () {
        const { lookup, mqrt, poll, receive, receiver, send } = yield* transactional
        interface Model {
          handle: Mqrt.TransactionHandle
          sent: Array<number>
          received: Array<number>
        }
        const begin = Effect.map(mqrt.beginTransaction, (handle): Model => ({ handle, sent: [], received: [] }))
        const open = [yield* begin, yield* begin]
        const ascending = (numbers: ReadonlyArray<number>) => numbers.toSorted((a, b) => a - b)
        let queue: ReadonlyArray<number> = []
        let sent = 0
        const outcomeOf = (received: ReturnType<typeof receive>) =>
          Effect.match(received, { onFailure: () => undefined, onSuccess: (one) => one.appSpecific })
        for (const [which, step] of steps) {
          const transaction = open[which] ?? (yield* begin)
          const { handle } = transaction
          if (step === "send") {
            yield* send([message({ appSpecific: sent })], { transaction: handle })
            transaction.sent.push(sent++)
          } else if (step === "receive" || step === "lookup") {
            const outcome = yield* outcomeOf(
              step === "receive" ? receive({ transaction: handle }) : lookup("receiveLast", 0n, handle)
            )
            assert.strictEqual(outcome, step === "receive" ? queue[0] : queue.at(-1))
            if (outcome !== undefined) transaction.received.push(outcome)
            queue = queue.filter((one) => one !== outcome)
          } else if (step === "plain") {
            assert.strictEqual(yield* outcomeOf(poll), queue[0])
            queue = queue.slice(1)
          } else {
            if (step === "commit") yield* mqrt.commitTransaction(handle)
            if (step === "abort") yield* mqrt.abortTransaction(handle)
            yield* mqrt.releaseTransaction(handle)
            queue = ascending([...queue, ...(step === "commit" ? transaction.sent : transaction.received)])
            open[which] = yield* begin
          }
        }
        for (const { handle, received } of open) {
          yield* mqrt.abortTransaction(handle)
          queue = ascending([...queue, ...received])
        }
        assert.strictEqual(yield* messages, queue.length)
        for (const expected of queue) assert.strictEqual((yield* poll).appSpecific, expected)
        assert.strictEqual(yield* code(poll), timeout)
        yield* mqrt.closeQueue(receiver)
        yield* mqrt.openQueue(direct, "receive", "denyReceive")
      }).pipe(Effect.provide(InMemoryMqrt.layer))
  )
})
